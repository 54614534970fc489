"""The duties for a CertificateRequest (upstream: pkg/controller/certificaterequests).

| module | what it does | where it stops |
|---|---|---|
| `approver` | approves it, unless somebody has denied it | condition Approved |
| `signer` | finds the issuer, and has it sign | condition Ready, status.certificate, status.ca |
| `selfsigned`, `ca` | fetch what these issuers sign with, and sign | |
"""
