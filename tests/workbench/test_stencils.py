"""The reply to an answer as it is filled in against the same reply as its templates draw it."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from apps.accounts.models import User
from apps.labeling.examples import example_answer
from apps.labeling.widgets import FormState, initial_state, one_press, render_review, state_from_result
from apps.labeling.widgets import render as widgets_render
from apps.projects.labelling import parse_config
from apps.workbench import services
from apps.workbench.views import cards, stencils
from tests import factories
from tests.e2e.widget_configs import EVIL, WIDGETS

pytestmark = pytest.mark.django_db


def reply(monkeypatch, *, queue, user, last=None):
    """(filled in, drawn whole) of the next item's card."""
    request = RequestFactory().post("/", headers={"HX-Request": "true"})
    request.htmx, request.user = True, user
    seen = {}

    def both(context):
        seen["whole"] = render_to_string(stencils.RESPONSE, dict(context))
        seen["parts"] = stencils._parts(context)
        return stencils_response(context)

    stencils_response = stencils.response_html
    monkeypatch.setattr(cards, "response_html", both)
    review = services.claim_next(queue=queue, reviewer=user, now=timezone.now())
    shown = cards.show(request, queue, cards.review_card(review=review), now=timezone.now(), last=last)
    assert seen["parts"] is not None, "it was not filled in"
    return shown.content.decode(), seen["whole"]


@pytest.mark.parametrize("text", ["Where is my order?", EVIL])
def test_reply_is_the_same(monkeypatch, project, reviewer, text):
    queue = factories.queue(project)
    traces = [
        factories.trace(project, f"{text} {number}", context=context, origin=origin)
        for number, (context, origin) in enumerate([(None, "human"), (["Hello", text], "synthetic"), (None, "human")])
    ]
    for trace in traces:
        factories.item(queue, trace=trace)
    last = factories.annotation(factories.item(factories.queue(project, "Other"), "done"), reviewer, "Refund")
    for known in (None, last, last):
        filled, whole = reply(monkeypatch, queue=queue, user=User.objects.get(pk=reviewer.pk), last=known)
        assert filled == whole
        services.answer_skip(
            review=reviewer.reviews.get(state="leased"),
            token=reviewer.reviews.get(state="leased").token,
            reason="I cannot tell",
        )


@pytest.mark.parametrize("name", sorted(WIDGETS))
def test_stage_and_dock_are_the_same(monkeypatch, name):
    xml, data = WIDGETS[name]
    config = parse_config(xml)
    others = [data, {key: f"{EVIL} {value}" if isinstance(value, str) else value for key, value in data.items()}]
    answered = state_from_result(config, example_answer(config, data), data=data)
    wrong = FormState(errors={control.name: EVIL for control in config.controls})
    for shown in (*others, *others):
        for state in (initial_state(config, shown), answered, wrong):
            filled = render_review(config, shown, state, sends=one_press(config))
            with monkeypatch.context() as patched:
                patched.setattr(widgets_render, "_dock_key", lambda config, page, state: None)
                patched.setattr(widgets_render, "_stage", whole_stage)
                whole = render_review(config, shown, state, sends=one_press(config))
            assert settled(filled) == settled(whole)


def settled(review):
    """All that a page takes from it, without what the sanitiser adds to a picture, in whatever order."""
    parts = {name: getattr(review, name) for name in review.__slots__}
    return {
        name: re.sub(r' (?:loading="lazy"|referrerpolicy="no-referrer")', "", str(it)) for name, it in parts.items()
    }


def whole_stage(rows, form_id):
    return render_to_string("widgets/item.html", {"rows": rows, "form_id": form_id})
