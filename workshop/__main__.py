"""`python -m workshop`: the command line, where the `workshop` script isn't on PATH."""

from workshop.cli.main import main

main()
