"""Parts of addresses that a client chooses."""

from django.urls import register_converter


class ClientIdConverter:
    """Any text, slashes too, but no NUL: Postgres has no text with it, so nothing of that name can exist."""

    regex = r"[^\x00]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ClientIdConverter, "client_id")
