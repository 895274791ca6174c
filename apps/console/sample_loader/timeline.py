"""When what happens in the sample: fourteen days, planned by a seeded draw and then lived through in order."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from apps.console.sample_loader.messages import Message
from apps.console.sample_loader.predictions import MODEL

DAYS = 14
_LOGGED_SHARE = 0.75  # of the messages the bot told what it thought
_ARRIVALS_A_DAY = 6
_LATEST_ARRIVALS = (5.5, 3.8, 2.1, 0.9)  # hours ago; escalated in part, and not answered yet
_ESCALATED_SINCE = timedelta(days=9)
# What was escalated in the last hours still waits for people.
_WAITING_SINCE = timedelta(hours=7)
N_ANSWERED, N_WAITING = 18, 8
ADVERSARY = "u-0666"


@dataclass(frozen=True)
class Arrival:
    """Rows that came in together."""

    at: datetime
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Feedback:
    """One signal."""

    at: datetime
    row: dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One escalation."""

    at: datetime
    row: dict[str, Any]


@dataclass
class Plan:
    """All that comes from outside, each part in the order of time."""

    arrivals: list[Arrival] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)


def plan_of(
    messages: Sequence[Message],
    thoughts: Sequence[dict[str, float]],
    *,
    versions: Sequence[tuple[str, datetime]],
    now: datetime,
    rng: random.Random,
) -> Plan:
    """Spread the messages over the last days, and hang feedback and escalations on them.

    Args:
        thoughts: for each message the bot's {label: p}.
        versions: (name, released at) of the product, oldest first.
    """
    plan = Plan()
    moments = _moments(now, rng)
    came = {}
    for index, (message, thought) in enumerate(zip(messages, thoughts, strict=True)):
        at = moments[index * len(moments) // len(messages)]
        came[message.id] = at
        row = _trace_row(message, thought, at=at, version=_version_at(versions, at), rng=rng)
        if plan.arrivals and plan.arrivals[-1].at == at:
            plan.arrivals[-1].rows.append(row)
        else:
            plan.arrivals.append(Arrival(at, [row]))
    users = {row["trace_id"]: row["user_ref"] for arrival in plan.arrivals for row in arrival.rows}
    plan.feedback = _feedback(messages, came, users, now=now, rng=rng)
    plan.asked = _escalations(messages, thoughts, came, now=now, rng=rng)
    return plan


def _moments(now: datetime, rng: random.Random) -> list[datetime]:
    """When rows came in, oldest first; not in the last minutes, so that something can have followed."""
    hours = [24 * day + rng.triangular(0.2, 23.8, 8) for day in range(DAYS) for _ in range(_ARRIVALS_A_DAY)]
    return sorted(now - timedelta(hours=each) for each in [*hours, *_LATEST_ARRIVALS])


def _version_at(versions: Sequence[tuple[str, datetime]], at: datetime) -> str:
    return [name for name, released_at in versions if released_at <= at][-1]


def _trace_row(
    message: Message, thought: dict[str, float], *, at: datetime, version: str, rng: random.Random
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "trace_id": message.trace_id,
        "input": message.text,
        "product_version": version,
        "user_ref": f"u-{rng.randrange(1, 420):04d}",
        "attributes": {"channel": rng.choices(["chat", "mail", "app"], [5, 3, 2])[0], "language": _language(message)},
        "origin": "synthetic",
        "occurred_at": at - timedelta(seconds=rng.randrange(5, 120)),
    }
    if message.reply:
        row |= {"output": message.reply, "latency_ms": int(rng.lognormvariate(6.6, 0.4)), "model": "support-bot"}
        if re.search(r"\b(have|has|will) (be )?(been )?refund", message.reply, re.I):
            row["policy_flags"] = ["promises-money"]
    if rng.random() < _LOGGED_SHARE:
        row["prediction"] = {"model": MODEL, "probabilities": thought}
    return row


def _language(message: Message) -> str:
    if re.search(r"\b(ich|bitte|nicht|Größe|Hallo|Geld)\b", message.text, re.I):
        return "de"
    return "es" if re.search(r"\b(hola|pedido|gracias|dónde|por favor)\b", message.text, re.I) else "en"


# Kind, how many of the messages get it, and its value. Escalations are signals of their own.
_SIGNALS: tuple[tuple[str, float, tuple[float, ...]], ...] = (
    ("thumbs_up", 0.06, ()),
    ("thumbs_down", 0.07, ()),
    ("csat", 0.10, (1, 1, 2, 2, 3, 4, 4, 5)),
    ("session_abandon", 0.05, ()),
    ("follow_up_question", 0.05, ()),
    ("reformulation", 0.04, ()),
    ("copy", 0.02, ()),
    ("dwell", 0.04, (4, 9, 15, 31, 64)),
    ("suggestion_accepted", 0.03, ()),
    ("suggestion_rejected", 0.02, ()),
    ("sensor", 0.01, (0, 1)),
)


def _feedback(
    messages: Sequence[Message],
    came: dict[str, datetime],
    users: dict[str, str],
    *,
    now: datetime,
    rng: random.Random,
) -> list[Feedback]:
    found = []
    for message in messages:
        rows: list[dict[str, Any]] = []
        if message.correction:
            rows.append({"kind": "explicit_correction", "correction": message.correction})
        if message.reply:  # What nobody answered gets no feedback.
            rows += [
                {"kind": kind} | ({"value": float(rng.choice(values))} if values else {})
                for kind, share, values in _SIGNALS
                if rng.random() < share * 3
            ]
            if rng.random() < 0.05:
                rows.append(
                    {"kind": "suggestion_modified", "correction": f"{message.reply} Thank you for your patience."}
                )
        for row in rows:
            at = came[message.id] + timedelta(minutes=rng.lognormvariate(2.5, 1))
            user = ADVERSARY if rng.random() < 0.04 else users[message.trace_id]
            if at < now:
                found.append(Feedback(at, row | {"trace_id": message.trace_id, "user_ref": user, "occurred_at": at}))
    return sorted(found, key=lambda one: one.at)


# What a message must look like for an agent to give this reason.
_REASONS: tuple[tuple[str, str, str], ...] = (
    ("money-owed", "refund", r"refund|back|charged|money"),
    ("account-taken-over", "account_access", r"hack|someone|password changed|not me|didn't|strange|never asked"),
    ("parcel-lost", "order_status", r"lost|delivered|never|nobody|weeks|missing"),
    ("angry-customer", "", r"!!|third time|ridiculous|outrageous|FIVE|ANY|\?\?\?"),
)
_COMMENTS = ("", "", "", "Customer is waiting in the chat.", "Second time today.", "Please check the order first.")


def _escalations(
    messages: Sequence[Message],
    thoughts: Sequence[dict[str, float]],
    came: dict[str, datetime],
    *,
    now: datetime,
    rng: random.Random,
) -> list[Asked]:
    pairs = list(zip(messages, thoughts, strict=True))
    ages = {message.id: now - came[message.id] for message in messages}
    older = [pair for pair in pairs if _WAITING_SINCE < ages[pair[0].id] < _ESCALATED_SINCE]
    fresh = [pair for pair in pairs if ages[pair[0].id] < _WAITING_SINCE]
    chosen = _reasons_for(older, N_ANSWERED, rng) + _reasons_for(fresh, N_WAITING, rng)
    asked = [_asked(message, code, came[message.id], now=now, rng=rng) for message, code in chosen]
    return sorted(asked, key=lambda one: one.at)


def _reasons_for(
    pairs: Sequence[tuple[Message, dict[str, float]]], wanted: int, rng: random.Random
) -> list[tuple[Message, str]]:
    """Messages with a reason that fits what they say; then those that the bot was least sure of."""
    shuffled = [message for message, _ in rng.sample(pairs, len(pairs))]
    fitting = [(message, code) for message in shuffled if (code := _reason_of(message))][: wanted * 2 // 3]
    taken = {message.id for message, _ in fitting}
    unsure = [message for message, thought in sorted(pairs, key=lambda pair: max(pair[1].values()))]
    rest = [(message, "bot-unsure") for message in unsure if message.id not in taken]
    return fitting + rest[: wanted - len(fitting)]


def _reason_of(message: Message) -> str:
    fits = (
        code for code, label, pattern in _REASONS if label in ("", message.label) and re.search(pattern, message.text)
    )
    return next(fits, "")


def _asked(message: Message, code: str, came: datetime, *, now: datetime, rng: random.Random) -> Asked:
    at = min(came + timedelta(minutes=rng.randrange(2, 40)), now - timedelta(minutes=4))
    row = {
        "trace_id": message.trace_id,
        "reason": code,
        "comment": rng.choice(_COMMENTS),
        "deadline_at": at + timedelta(hours=rng.choice([4, 8, 12])),
    }
    return Asked(at, row)
