"""Runs a lesson's checks on a student's code, in a process of their own, and says what became of each."""
