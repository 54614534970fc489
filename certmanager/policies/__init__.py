"""Why a certificate isn't ready, and why it must be issued: pure checks, in an order that is part of the API.

The first check that fails gives reason and message, so what stands first is said first; upstream it is
`internal/controller/certificates/policies`.

| module | what it decides |
|---|---|
| `state` | what is looked at, and what a check answers |
| `secret_checks` | is there a pair in the Secret, and is it this Certificate's? |
| `request_checks` | is it what the Certificate asks for? |
| `renewal` | is it time? |
| `chain` | the order of the checks, for the trigger and for readiness |
| `match` | in which fields a key or a request differs from a spec |
| `ownership` | which of several Certificates a Secret belongs to |
| `backoff` | how long after a failure there is no new attempt |

No module here knows a client or the clock: what is there, and what time it is, is passed in.
"""
