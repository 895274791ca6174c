"""What the templates of the workbench know without being told."""

from django import template

from apps.workbench.forms import SKIP_REASONS

register = template.Library()


@register.simple_tag
def skip_reasons() -> list[str]:
    """The ready reasons to pass on an item."""
    return [str(reason) for reason in SKIP_REASONS]
