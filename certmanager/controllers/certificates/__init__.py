"""The duties for a Certificate, in their order (upstream: pkg/controller/certificates).

| module | what it does | where it stops |
|---|---|---|
| `trigger` | finds that a certificate must be issued | condition Issuing |
| `keymanager` | makes the key for it | a Secret, status.nextPrivateKeySecretName |
| `requestmanager` | asks for it | CertificateRequest |
| `issuing` | takes what came of the request | the Secret, status.revision, no condition Issuing |
| `readiness` | says how it is | condition Ready, status.notBefore, notAfter, renewalTime |
| `revisionmanager` | deletes old requests | |
"""
