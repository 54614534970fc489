"""What the operating system gives: processes, locks, temporary directories, saved files. Knows no Kubernetes."""
