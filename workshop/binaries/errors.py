"""What can go wrong while binaries are provided."""


class SourceFailed(Exception):  # noqa: N818 - it reads as what happened; the next source is tried
    """One source could not provide what it was asked for; the message is one sentence for a student."""


class BinariesMissing(Exception):  # noqa: N818 - upstream's style: the name says what is the matter
    """No source provides the needed binaries; the message says what was tried and what to do next."""
