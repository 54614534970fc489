"""How fast certmanager issues, and what it asks of the API server for that."""
