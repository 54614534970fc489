"""From order to certificate by HTTP-01 with ECDSA: our client and the `acme` library's own flow on the same Pebble."""
