"""What makes a workshop run: control plane, demo, checks, command line. Never imports an operator."""
