"""What issuers make of a certificate request: plain functions from bytes and a grant to bytes.

| module | upstream's |
|---|---|
| `selfsigned` | `pkg/controller/certificaterequests/selfsigned`, its `Sign` |
| `ca` | `pkg/controller/certificaterequests/ca`, its `Sign`, and `pkg/issuer/ca`, its `Setup` |
| `response` | `pkg/issuer`, its `IssueResponse`, and how a request fails for good |

Clock, serial number and keys are passed in. Nothing here knows Kubernetes: `controllers` reads the Secrets and writes
what comes of it.
"""
