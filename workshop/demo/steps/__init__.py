"""The steps of the demo, in the order of their module names; a lesson adds its own module."""
