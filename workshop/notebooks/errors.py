"""What can go wrong with a notebook."""


class NotebookError(Exception):
    """A cell failed, took too long, or ended the kernel; the message names notebook and cell, and says how."""
