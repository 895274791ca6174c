"""What can go wrong with the embedded runtime."""


class EmbeddedError(Exception):
    """Its text is one sentence for the person at the keyboard, who has not read this code."""
