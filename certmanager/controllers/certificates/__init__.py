"""The duties for a Certificate (upstream: pkg/controller/certificates).

| module | what it does | where it stops |
|---|---|---|
| `trigger` | finds that a certificate must be issued | condition Issuing |
| `keymanager` | makes the key for it | status.nextPrivateKeySecretName, a Secret |
| `requestmanager` | asks for it | CertificateRequest |
| `issuing` | takes what came of the request | the Secret, status.revision, no condition Issuing |
| `readiness` | says how it is | condition Ready, status.notBefore, notAfter, renewalTime |
| `revisionmanager` | deletes old requests | |

`reconciler` takes them, `gatherer` says what there is, `outcome` what is to be written about it; `secretsmanager`
writes the Secret, `csr` what is asked for.
"""
