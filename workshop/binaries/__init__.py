"""Where kube-apiserver, etcd, kubectl and the others come from: a folder, the cache, a download or a Go build.

`ensure` makes them be there, `find` only looks; versions, addresses and checksums stand in versions.toml.
What the programs are started with is the control plane's business.
"""

from workshop.binaries.errors import BinariesMissing
from workshop.binaries.installed import InstalledBinary
from workshop.binaries.lookup import ensure, find
from workshop.binaries.reporter import Reporter

__all__ = ["BinariesMissing", "InstalledBinary", "Reporter", "ensure", "find"]
