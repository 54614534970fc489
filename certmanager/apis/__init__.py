"""cert-manager's API as plain values: one module a kind, and what the kinds share. Knows no client and no clock.

| module | what it reads |
|---|---|
| `certificate`, `certificate_spec` | Certificate: what is wanted, and how far it is |
| `certificate_request` | CertificateRequest: one signing request, and what came of it |
| `issuer` | Issuer and ClusterIssuer, which have one schema |
| `secret` | Secret: a key, a certificate, and what is wrong with them |
| `metadata` | of an object's metadata, what the controllers need |
| `references` | which issuer, which Secret |
| `conditions` | the types and reasons of conditions |
| `annotations` | the annotations and labels on Certificates, their requests and their Secrets |
| `go_duration`, `times` | durations as Go writes them, and times as the API server does |

`parse` takes what the API server has stored. What is required and of which type it may be, the CRDs in
deploy/certmanager/crds say; defaults are set here, as in the real one, so that a stored object stays as it was written.
"""
