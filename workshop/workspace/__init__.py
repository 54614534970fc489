"""The workspace: its folder, the cluster that it uses, and the operators that can be started there."""
