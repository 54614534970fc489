"""What the webhook costs whoever creates an icecream, against the least that Python could do, and against a policy."""
