"""How fast the operator is, against the least that Python could do."""
