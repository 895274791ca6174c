"""A person's settings as marks on the page, where styles and scripts read them."""

import json

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from apps.accounts.models import Preferences
from apps.accounts.selectors import preferences_of
from apps.accounts.shifts import shift_of

register = template.Library()


@register.simple_tag(takes_context=True)
def person_marks(context: Context) -> SafeString:
    """Attributes of <html>: theme, text size, keys, and where to store a change. Nothing for who is not logged in."""
    user = getattr(context.get("request"), "user", None)
    if user is None or not user.is_authenticated:
        return mark_safe("")
    chosen = preferences_of(user=user)
    marks = format_html(
        ' data-settings-url="{}" data-theme-kept="{}"', reverse("accounts:settings_quick"), chosen.theme
    )
    if chosen.theme != "auto":
        marks += format_html(' data-theme="{}"', chosen.theme)
    if chosen.text_size != "normal":
        marks += format_html(' data-text="{}"', chosen.text_size)
    if not chosen.has_single_keys:
        marks += mark_safe(' data-keys="off"')
    if chosen.keys:
        marks += format_html(' data-keymap="{}"', json.dumps(chosen.keys))
    if chosen.answer_keys:
        marks += format_html(' data-answer-keys="{}"', chosen.answer_keys)
        if chosen.answer_keys_come_first:
            marks += mark_safe(" data-answer-keys-first")
    if chosen.break_minutes:
        marks += format_html(' data-break="{}"', chosen.break_minutes) + _shift_mark(chosen)
    return marks


def _shift_mark(chosen: Preferences) -> SafeString:
    """When the person works, for whoever suggests breaks: the seconds of the epoch at which it begins and ends."""
    if chosen.shift_from is None:
        return mark_safe("")
    shift = shift_of(chosen, now=timezone.now())
    ends = (round(shift.begins_at.timestamp()), round(shift.ends_at.timestamp())) if shift else (0, 0)
    return format_html(' data-shift="{} {}"', *ends)
