"""What tests of lessons and of the house use: a control plane, kubectl, the operator as a process, its audit log."""
