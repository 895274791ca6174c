"""What somebody typed into a field that no form checks."""


def typed(text: str) -> str:
    """Without the space around it, and without NUL, which Postgres keeps in no text."""
    return text.replace("\x00", "").strip()
