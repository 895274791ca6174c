"""The doors of the house, and a console page that shows every mark and chart once."""

from datetime import UTC, datetime
from types import SimpleNamespace

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from config.urls import urlpatterns as doors

PAGE = """{% extends "console_base.html" %}{% load ui charts %}
{% block title %}Parts{% endblock %}{% block station_name %}Parts{% endblock %}
{% block content %}<div class="head"><div><h1>Parts</h1></div>{% sim %}</div>
<p class="row">{% state "ok" "In time" %}{% state "warn" "Late" %}{% state "bad" "Failed" %}
{% state "open" "Running" %}</p>
<p>{% interval 0.914 0.902 0.926 1200 %} · {% interval 0.5 0.3 0.7 12 %}
{% duration 84 %} · {% age moment now=now %}</p>
<article class="tile"><h2>Tile</h2>{% sparkline trend goal=3 %}</article>
<figure class="box stackv"><figcaption><h2>Accuracy</h2></figcaption>
{% line_chart points label="Accuracy over versions" x_label="Version" limit=0.8 limit_label="limit" %}</figure>
<figure class="box stackv"><figcaption><h2>Loss</h2></figcaption>{% curves series label="Loss" %}</figure>
<figure class="box stackv"><figcaption><h2>Calibration</h2></figcaption>
{% reliability bins "Stated and right" %}</figure>
{% heat_table matrix labels "What is confused" "Rows: golden label." %}
<div class="scroll"><table class="stack"><caption><b>Slices</b></caption><thead><tr><th scope="col">Slice</th>
<th scope="col" class="plot">{% interval_axis -0.2 0.1 scale_by=100 %}<span class="sr">Interval</span></th>
<th scope="col" class="plot">Bar</th><th scope="col" class="plot">Ages</th></tr></thead>
<tbody><tr><th scope="row">All</th>
<td class="plot" data-l="Interval">{% interval_plot 0.02 -0.01 0.05 -0.2 0.1 zero=0 limit=-0.05 %}</td>

<td class="plot" data-l="Bar">{% bar 0.6 limit=0.9 %}</td>
<td class="plot" data-l="Ages">{% age_bar ages 12 %}</td></tr></tbody></table></div>
{% endblock %}"""


def parts(request: HttpRequest) -> HttpResponse:
    context = {
        "project": SimpleNamespace(slug="support", name="Support intents"),
        "trend": [1, 4, 3, 2],
        "points": [
            {"x": "v1", "y": 0.80, "low": 0.76, "high": 0.84, "n": 300},
            {"x": "v2", "y": 0.85, "low": 0.81, "high": 0.89, "n": 300},
        ],
        "series": [
            {"name": "training", "points": [(step, 1 / (step + 1)) for step in range(60)]},
            {"name": "validation", "points": [(0, 1.0), (30, 0.3), (59, 0.25)]},
        ],
        "bins": [{"confidence": 0.7, "accuracy": 0.6, "low": 0.5, "high": 0.7, "n": 90}],
        "matrix": [[90, 10], [2, 48]],
        "labels": ["Refund", "Exchange"],
        "ages": [("under 1 hour", 9), ("over 1 hour", 3)],
        "moment": datetime(2026, 11, 20, 10, 4, tzinfo=UTC),
        "now": datetime(2026, 11, 20, 12, 4, tzinfo=UTC),
    }
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


urlpatterns = [*doors, path("parts/", parts)]
