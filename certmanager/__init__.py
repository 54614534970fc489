"""A cert-manager in Python: the same manifests leave the same objects as the real one."""
