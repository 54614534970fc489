"""From order to certificate by HTTP-01 with ECDSA: `certmanager.acme` and the `acme` library on the same Pebble."""
