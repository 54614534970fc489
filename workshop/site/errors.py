"""What can go wrong with the site."""


class SiteError(Exception):
    """It can't be built or served; the message names page and line, and what to do."""
