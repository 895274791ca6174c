"""What people wrote, in templates."""

from django import template
from django.utils.safestring import SafeString

from apps.core.markdown import markdown_html

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as safe HTML; wrap it in an element of class `prose`."""
    return markdown_html(text)
