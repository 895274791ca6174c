"""The doors of the house, and each ready config as a workbench page. What was answered lies in `received`."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.views.decorators.http import require_http_methods

from apps.labeling.widgets import parse_answer, render_review, state_from_result
from apps.projects.label_templates import label_template
from apps.projects.labelling import LabellingConfig, data_from_trace, parse_config
from config.urls import urlpatterns as doors
from tests.e2e.widget_configs import WIDGETS

received: list[list[dict[str, Any]]] = []

# Stage and dock below each other, or side by side where the list of choices is long.
PAGE = """{% extends "bench_base.html" %}{% load static %}
{% block bench_class %}{% if review.is_wide %} wide{% endif %}{% endblock %}
{% block queue_name %}{{ title }}{% endblock %}
{% block main %}{% if review.layout == "many" %}<section class="stage"><div class="twin a">
<div class="hold stackv big" id="item">{{ review.stage }}</div>
<form class="stackv" id="answer" method="post" aria-label="Your answer">{% csrf_token %}{{ review.dock }}</form>
</div></section>{% else %}
<section class="stage" aria-label="Item"><div class="stackv big" id="item">{{ review.stage }}</div></section>
<form class="dock{% if review.is_tall %} flow{% endif %}" id="answer" method="post" aria-label="Your answer">
{% csrf_token %}{{ review.dock }}</form>{% endif %}{% endblock %}"""

MANY = (
    '<View><Text name="t" value="$text"/><Choices name="intent" toName="t">'
    + "".join(f'<Choice value="{word} {n}"/>' for word in ("Card", "Transfer", "Top up") for n in range(1, 26))
    + "</Choices></View>"
)


def _config(name: str) -> tuple[LabellingConfig, dict[str, Any]]:
    if name == "many":
        return parse_config(MANY), {"text": "Why was my transfer declined?"}
    if name in WIDGETS:
        xml, data = WIDGETS[name]
        return parse_config(xml), data
    template = label_template(name)
    config = parse_config(template.config)
    return config, data_from_trace(template.mapping, template.sample)


@require_http_methods(["GET", "POST"])
def widgets(request: HttpRequest, name: str) -> HttpResponse:
    config, data = _config(name)
    if request.method == "POST":
        received.append(parse_answer(config, request.POST, data=data))
    # Asked for again, the page shows the last answer, as a revisit does.
    state = state_from_result(config, received[-1], data=data) if "again" in request.GET else None
    context = {"review": render_review(config, data, state), "title": name}
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


urlpatterns = [*doors, path("widgets/<str:name>/", widgets)]
