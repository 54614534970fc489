"""What keeps lessons honest: gates, mutants that must be caught, and pages whose commands are run."""
