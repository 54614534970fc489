"""The operator that the lessons grow: it sells icecreams, at most three of a flavour."""
