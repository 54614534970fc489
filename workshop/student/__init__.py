"""A student's way through the course: a branch, checks that are red, hints, and the reference after green."""
