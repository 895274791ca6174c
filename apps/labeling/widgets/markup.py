"""Markup that configs and items bring, made safe to show: a short list of tags, nothing that runs or leads away."""

import re
from urllib.parse import urlsplit

import nh3
from django.utils.safestring import SafeString, mark_safe

# Inside a label or a button: no headings, lists or tables. Where one of them or a link ends, a new line begins.
_CHOICE_TAGS = {"b", "i", "u", "em", "strong", "small", "sub", "sup", "br", "p", "div", "code", "span", "img"}
_ENDS = re.compile(r"</(?:h[1-6]|a|li|tr|dt|dd)\s*>", re.IGNORECASE)
# What the page's content security policy lets a picture come from, besides this server.
IMAGE_SCHEMES = {"https", "data"}


def choice_html(text: str) -> SafeString | None:
    """What a choice shows instead of its words; None: nothing. Pictures are decoration, as the words name it."""
    if not text.strip():
        return None
    cleaned = nh3.clean(
        _ENDS.sub("<br>", text),
        tags=_CHOICE_TAGS,
        attributes={"img": {"src", "width", "height"}},
        set_tag_attribute_values={"img": {"alt": "", "loading": "lazy", "referrerpolicy": "no-referrer"}},
        url_schemes=IMAGE_SCHEMES,
        attribute_filter=_image_only,
    )
    return mark_safe(cleaned)  # noqa: S308


def _image_only(tag: str, attribute: str, value: str) -> str | None:
    return None if attribute == "src" and not image_source(value) else value


def image_source(value: object) -> str:
    """An address that a picture may be loaded from; empty where it may not.

    https, a picture in the address itself (data:image/…), or a path on this server; `//host` is another server's.
    """
    text = value.strip() if isinstance(value, str) else ""
    if not text or any(ord(char) < 33 for char in text) or "\\" in text:
        return ""
    if text.startswith("data:"):
        return text if text[:11].lower() == "data:image/" else ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if parts.scheme:
        return text if parts.scheme == "https" and parts.netloc else ""
    return "" if parts.netloc else text
