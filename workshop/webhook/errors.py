"""What can be wrong with the webhook, said to the person who wants it."""


class WebhookError(Exception):
    """The webhook can't be installed or compared; the message says what to do next."""


class FaultError(Exception):
    """Something on the way from the API server to the webhook is wrong: at which `step`, what, and what to do."""

    def __init__(self, step: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.step = step
        self.remedy = remedy
