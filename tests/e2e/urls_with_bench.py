"""The doors of the house, and a workbench page of its own to press keys on. What it is sent lies in `received`."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.views.decorators.http import require_POST

from config.urls import urlpatterns as doors

received: list[tuple[str, dict[str, str]]] = []
draft_status = {"code": 204}

PAGE = """{% extends "bench_base.html" %}{% block queue_name %}Keys{% endblock %}
{% block stage %}<div id="item"><p class="item">An item to judge</p></div>{% endblock %}
{% block dock %}<form class="dock" id="answer" method="post" action="/answer/" hx-post="/answer/" hx-swap="none"
 data-draft-url="/draft/" aria-label="Your answer">{% csrf_token %}
<div class="choices"><button class="choice" name="label" value="refund" data-key="1"><kbd>1</kbd>Refund</button>
<button class="choice" name="label" value="exchange" data-key="2"><kbd>2</kbd>Exchange</button></div>
<p class="note"><label for="note"><kbd>n</kbd> Note</label><input id="note" name="note" data-key="n"></p>
<p><button class="btn primary" name="label" value="sent" data-primary><kbd>Ctrl+Enter</kbd>Send</button></p></form>
{% endblock %}
{% block keys %}
<li><button class="btn bare" data-key="u" type="button" hx-post="/undo/" hx-swap="none"><kbd>u</kbd>Undo</button></li>
<li><button class="btn bare" data-key="Alt+S" type="button" hx-post="/skip/" hx-swap="none">Skip</button></li>
<li><button class="btn bare" data-key="x" type="button" hx-post="/never/" aria-disabled="true">Not now</button></li>
{% endblock %}"""


def bench(request: HttpRequest) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(PAGE).render({}, request))


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    fields = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    received.append((request.path, fields))
    if request.path == "/draft/":
        return HttpResponse(status=draft_status["code"])
    return HttpResponse(headers={"HX-Trigger": '{"toast": {"text": "Answered", "level": "ok"}}'})


urlpatterns = [
    *doors,
    path("bench/", bench),
    *(path(f"{name}/", take) for name in ("answer", "draft", "undo", "skip", "never")),
]
