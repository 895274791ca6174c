"""The small marks of every page: icons, states, figures with their interval, ages, the rail, the menu."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import figures
from apps.core.retold import retold

register = template.Library()

# Drawn by us on a 16 px grid; constants, so that marking them safe is.
ICONS = {
    "ok": '<path d="m3 8.5 3.5 3.5L13 4.5"/>',
    "warn": '<path d="M8 2.5 14.5 13.5h-13zM8 6.5v3m0 2v.01"/>',
    "bad": '<path d="m4 4 8 8m0-8-8 8"/>',
    "open": '<circle cx="8" cy="8" r="5.5"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.5"/>',
    "lock": '<rect x="3.5" y="7" width="9" height="6.5" rx="1"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>',
    "pause": '<path d="M5.5 3.5v9m5-9v9"/>',
    "info": '<circle cx="8" cy="8" r="6"/><path d="M8 7.5v4m0-6.5v.01"/>',
    "next": '<path d="M3 8h10m-4-4 4 4-4 4"/>',
}
STATES = {"ok": "ok", "warn": "warn", "bad": "bad", "open": "open", "late": "warn", "running": "open"}

# The loop's stations in order; one whose page does not exist is left out.
STATIONS = [
    ("intake", gettext_lazy("Intake")),
    ("queues", gettext_lazy("Queues")),
    ("items", gettext_lazy("Items")),
    ("quality", gettext_lazy("Quality")),
    ("golden", gettext_lazy("Golden sets")),
    ("training", gettext_lazy("Training")),
    ("evaluation", gettext_lazy("Evaluation")),
    ("rollout", gettext_lazy("Rollout")),
    ("lineage", gettext_lazy("Lineage")),
]
OTHERS = [("people", gettext_lazy("People")), ("settings", gettext_lazy("Settings"))]
PERSONAL = [
    ("workbench:home", gettext_lazy("My review queues")),
    ("console:projects", gettext_lazy("All projects")),
    ("accounts:settings", gettext_lazy("My settings")),
    ("accounts:account", gettext_lazy("My account")),
]


@register.simple_tag
def icon(name: str) -> SafeString:
    """A 16 px drawing without words; a word stands beside it."""
    return mark_safe(f'<svg class="ico" viewBox="0 0 16 16" aria-hidden="true">{ICONS[name]}</svg>')  # noqa: S308


@register.simple_tag
def mark() -> SafeString:
    """The touchstone with its streak of gold."""
    return mark_safe(
        '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true">'
        '<path d="M5 4.5 17 2.5l5 7-2 9.5L8.5 21.5 2 14z"/><path d="m8 15.5 8.5-7.5"/></svg>'
    )


@register.simple_tag
def state(kind: str, words: object) -> SafeString:
    """A state: a word, a shape, a colour, in this order. `kind`: ok, warn, bad or open."""
    drawing = icon(kind if kind in ICONS else STATES[kind])
    return format_html('<span class="state {}">{}{}</span>', STATES[kind], drawing, words)


@register.simple_tag
def sim(words: object = "") -> SafeString:
    """The mark of what is simulated or synthetic."""
    return format_html('<span class="sim">{}</span>', words or _("Simulated"))


@register.simple_tag
def interval(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    n: int | None = None,
    *,
    kind: str = "percent",
    digits: int | None = None,
    minimum: int = figures.MINIMUM_N,
) -> SafeString:
    """A figure with its interval and n, or "too little data" without a figure.

    Args:
        value, low, high: shares in [0, 1] for kinds percent and points; as they are for kind number.
        kind: percent ("91.4 %"), points ("+1.8"), number ("0.81").
        minimum: with fewer than this many observations no figure is shown.
    """
    count = "" if n is None else f"n{figures.NBSP}={figures.NBSP}{figures.count(n)}"
    if value is None or (n is not None and n < minimum):
        return format_html('<span class="quiet">{}</span>', ", ".join(filter(None, [_("too little data"), count])))
    places = digits if digits is not None else (2 if kind == "number" else 1)
    scale = 1 if kind == "number" else 100
    shown = figures.percent(value, places) if kind == "percent" else figures.number(scale * value, places)
    if kind == "points":
        shown = figures.signed(scale * value, places)
    around = ""
    if low is not None and high is not None:
        around = figures.spread(value, low, high, scale=scale, digits=places, sign=kind == "points")
    rest = ", ".join(filter(None, [around, count]))
    return format_html('<span class="num">{}</span> <span class="quiet">{}</span>', shown, rest)


@register.filter
def percent(value: float | None, digits: int = 1) -> str:
    """A share in [0, 1] as a percentage; for counts that are no estimates."""
    return "" if value is None else figures.percent(value, digits)


@register.filter
def station_name(code: str) -> str:
    """What the rail calls a station."""
    return str(dict([*STATIONS, *OTHERS]).get(code, code))


@register.filter(name="retold")
def retold_words(text: str | None) -> str:
    """A sentence that the system stored, in the reader's language."""
    return retold(str(text or ""))


@register.simple_tag
def age(moment: datetime | None, *, now: datetime | None = None) -> SafeString:
    """How long ago, with the moment itself for machines and for the pointer."""
    if moment is None:
        return mark_safe("")
    words = figures.age((now or timezone.now()) - moment)
    full = date_format(timezone.localtime(moment), "j M Y, H:i:s")
    return format_html('<time class="num" datetime="{}" title="{}">{}</time>', moment.isoformat(), full, words)


@register.simple_tag
def duration(milliseconds: float | None) -> str:
    """A length of time given in milliseconds."""
    return "" if milliseconds is None else figures.milliseconds(milliseconds)


def _address(name: str, *args: object) -> str | None:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


@register.simple_tag
def login_path() -> str:
    """Where a person without a session is sent; empty while there is no such page."""
    return _address("accounts:login") or ""


def _stations(
    pairs: Iterable[tuple[str, Any]], *, project: Any, current: str, counts: Mapping[str, int]
) -> list[dict[str, Any]]:
    rows = []
    for code, name in pairs:
        url = _address(f"console:{code}", project.slug) if project else None
        if url:
            rows.append({"url": url, "name": name, "is_current": code == current, "count": counts.get(code, 0)})
    return rows


@register.inclusion_tag("components/_rail.html", takes_context=True)
def rail(context: Context, project: Any = None, current: str = "") -> dict[str, Any]:
    """The stations that exist, the current one marked; `rail_counts` in the context says how many decisions wait."""
    counts = context.get("rail_counts") or {}
    home = (_address("console:home", project.slug) if project else None) or _address("home") or "/"
    return {
        "home_url": home,
        "current": current,
        "stations": _stations(STATIONS, project=project, current=current, counts=counts),
        "others": _stations(OTHERS, project=project, current=current, counts=counts),
    }


@register.inclusion_tag("components/_user_menu.html", takes_context=True)
def user_menu(context: Context) -> dict[str, Any]:
    """The person's own links and log out; `switch_projects` in the context lists the projects to change to."""
    user = getattr(context.get("request"), "user", None)
    here = context.get("project")
    projects = [
        {"url": url, "name": other.name, "is_current": other == here}
        for other in context.get("switch_projects") or []
        if (url := _address("console:home", other.slug))
    ]
    links = [{"url": url, "name": name} for code, name in PERSONAL if (url := _address(code))]
    return {
        "projects": projects,
        "person": {"label": str(user)} if user is not None and user.is_authenticated else None,
        "links": links,
        "logout_url": _address("accounts:logout"),
        "csrf_token": context.get("csrf_token"),
    }
