"""What keeps the cluster as its Certificates, CertificateRequests and Issuers want it: one duty a module.

Each looks at the caches, decides by what is pure (`policies`, `issuers`), and writes. It takes one step and stops at an
object; the change that comes of it brings the next one to its turn. So it may be killed anywhere: whoever comes after
it sees the objects as they are, and goes on.

The duties for one object are taken one after the other, by one worker. So they never compete for its status, which in
upstream, where each has a queue of its own, ends in conflicts and retries.
"""
