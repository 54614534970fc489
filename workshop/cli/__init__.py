"""The `workshop` command line: one thin module a command, no logic."""
