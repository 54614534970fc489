"""Benchmarks: each module prints a table. None of them is a test."""
