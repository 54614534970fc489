"""What can go wrong with a control plane, said to the person who wanted one."""


class ControlPlaneError(Exception):
    """The control plane isn't there or didn't do what was asked; the message says what to do next."""
