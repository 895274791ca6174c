"""Parts of the card that are the same for every item but for a few words: rendered once, then filled in.

A stencil is rendered with nothing of the person or the item at hand, so that what is remembered can give nothing away.
"""

from functools import lru_cache
from types import SimpleNamespace
from uuid import UUID

from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from apps.accounts.http import AuthedRequest
from apps.queues.models import Review
from apps.workbench.forms import SKIP_REASONS

# What stands in the holes: of the form that addresses and fields want, and in no text by chance.
_REVIEW = UUID("5f0d9e3a-7c1b-4e86-9a2d-d41b6c8f2e70")
_TOKEN = "7203614895021837465"  # noqa: S105 (names a lease)
_CSRF = "Hq7Zt2LwX9cVb4Nn6Jd8Fs1Gy5Rk3Pm0"


def filled(template: str, *, request: AuthedRequest, review: Review) -> SafeString:
    """The template with `queue.pk`, `review.pk`, `review.token`, `csrf_token` and `skip_reasons`, and nothing else."""
    kept = _stencil(template, review.item.queue_id, get_language() or "")
    words = ((str(_REVIEW), review.pk), (_TOKEN, review.token), (_CSRF, get_token(request)))
    for hole, word in words:
        kept = kept.replace(hole, conditional_escape(str(word)))
    return mark_safe(kept)  # noqa: S308 (rendered by a template; the words are escaped)


@lru_cache(maxsize=256)
def _stencil(template: str, queue_id: UUID, language: str) -> str:
    """`language` is the active one; it is named because what is remembered depends on it."""
    context = {
        "queue": SimpleNamespace(pk=queue_id),
        "review": SimpleNamespace(pk=_REVIEW, token=_TOKEN),
        "csrf_token": _CSRF,
        "skip_reasons": SKIP_REASONS,
    }
    return render_to_string(template, context)
