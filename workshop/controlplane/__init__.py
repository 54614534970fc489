"""A real Kubernetes API as local processes: keys, configuration, start, watch over, stop."""
