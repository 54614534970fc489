"""The steps of the story, in the order of their module names; a lesson adds its own module."""
