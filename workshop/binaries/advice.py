"""What a student can do where set-up can't go on: the same words in its errors and in `workshop doctor`."""

from workshop.binaries.binary_cache import Cache


def without_source(cache: Cache) -> str:
    """What to do where no source provides a binary."""
    return f"""What to do next, whichever is easiest:
  - Is this machine online? Then run the same command again: what has been fetched so far is kept.
  - Behind a proxy? Set HTTPS_PROXY; for Go, GOPROXY; for pip, PIP_INDEX_URL.
  - Offline? Copy the folder {cache.root} from another {cache.platform} machine where the workshop runs.
  - In a class? Ask whether there is a mirror, and set WORKSHOP_MIRROR to its address.
  - Have the programs already? Set KUBEBUILDER_ASSETS to their folder."""


def other_cache(cache: Cache) -> str:
    """What to do where the cache's folder is the trouble."""
    return f"Make room in {cache.root}, or set WORKSHOP_CACHE to another folder that you may write to."
