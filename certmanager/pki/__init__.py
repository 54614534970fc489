"""Keys, certificate requests, certificates and chains, by `cryptography`; knows no Kubernetes and no ACME.

| module | what it does |
|---|---|
| `keys` | make, write and read private keys |
| `names` | whom a certificate is for: subject and subject alternative names |
| `distinguished_name` | a subject from its text (RFC 4514) |
| `usages` | what a key may be used for: KeyUsage and ExtendedKeyUsage by cert-manager's names |
| `requests` | certificate signing requests (CSR, RFC 2986) |
| `certificates` | self-signed certificates and certificates signed by a CA (RFC 5280) |
| `templates` | what a CA writes into a certificate: asked for by a request, within what is granted |
| `chains` | read a PEM chain, put it in order, verify it |
| `keystores` | key and chain in one file with a password (PKCS #12) |
| `files` | write a file whole or not at all |

Nothing here looks at the clock, and nothing but `files` at the disk: times are passed in, PEM is bytes.
"""
