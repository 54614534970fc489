"""An ACME client (RFC 8555) that knows no Kubernetes: usable from a notebook, a shell or a controller.

Read it beside the RFC, one noun a module:

| RFC 8555 | module | what it holds |
|---|---|---|
| 6.1 HTTPS requests | `transport`, `urls`, `exchange` | one request and its reply; each as it went over the wire |
| 6.2 authentication | `jws` | the account key, and how it signs a message |
| 6.3, 6.5 POST-as-GET, replay protection | `session`, `nonce` | signed requests, and where their nonces come from |
| 6.6, 6.7 rate limits, errors | `problem`, `errors` | problem documents; what the client raises |
| 7.1.1 directory | `directory` | where a server's resources are |
| 7.1.2, 7.3 account | `account`, `account_deactivation` | create, find, update, deactivate, external account binding |
| 7.1.3, 7.4 order | `order`, `identifier`, `dns_name` | names, also IP addresses (RFC 8738), and the order's states |
| 7.1.2.1, 7.1.6 | `open_orders`, `order_failure` | an order from before that isn't over; why one is invalid |
| 7.1.4, 7.5 authorization | `authorization`, `order_cleanup` | who controls a name, and giving that up |
| 7.1.5, 8 challenge | `challenge`, `http01`, `webroot` | how that is proved: HTTP-01 and DNS-01 |
| 7.4.2 certificate | `certificate`, `download` | download, alternate chains, and what is accepted |
| 7.6 revocation | `revocation`, `certificate_revocation` | reasons, and the request |

`client` does the requests, in the RFC's order; `issuance` takes an order to its certificate; `resume` does so from
what `storage` has kept on disk, and survives being killed; `cleanup` gives back what is left of one, also the proofs
that `presented` has kept in mind; `transcript` says in sentences what was exchanged. What a
resource is and what follows from it is decided in the modules above, on plain values; they read JSON by `fields`, Link
headers by `link` and dates by `http_date`, and `polling` waits, by a `clock` that is passed in. What we use of aiohttp
that isn't public stands in `aiohttp_internals`.
"""
