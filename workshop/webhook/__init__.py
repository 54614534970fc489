"""The webhook on this machine: has the API server ask the operator, and finds what is wrong between them."""
