"""What the operating system gives: processes, ports, locks, temporary directories, saved files. Knows no Kubernetes."""
