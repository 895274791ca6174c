"""Answer and next item over HTTP against a bare view that claims and inserts, on the same server and database.

Prints one JSON line. `ratio`: throughput of eight reviewers through the production address (session, CSRF, annotation,
event, consensus, next item in the answer) over that of the bare view with the same middleware and the same sessions;
`barest_ratio`: over a view that does not even open the session. `cpu_ratio`: processor time of the bare view's request
over an answer's (server, database and load generator together), which holds on a machine that others use too.
`flat_ratio`: the slowest size over the fastest, each against its round; `flat_cpu_ratio`: the same in processor time.
`ahead_ratio`: p95 of a reviewer 50,000 items ahead of everybody else over a fresh one's; `rescored_ratio`: the same
right after every item got a new place in the order.
"""

import argparse
import json
import random
import statistics
from collections.abc import Callable
from typing import Any

from bench.database import answer_first, fill, run, vacuum
from bench.reviewers import Reviewer, p95, pace
from bench.server import served_database, server

SIZES = "10000,100000,1000000"
REVIEWERS = 8
AHEAD = 50_000
# Short and many: on a machine that others use too, speed changes from one second to the next.
ROUNDS, SECONDS = 20, 0.75
ALONE = 300  # answers of a reviewer who works alone
TRACES = 500

Row = dict[str, float]  # the figures of one round


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=SIZES, help="items in the queue, by commas; at least 5,000 each")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of a round")
    args = parser.parse_args()
    sizes = [int(size) for size in args.sizes.split(",")]
    with served_database(), server() as port:
        print(json.dumps(measure(sizes, port=port, rounds=args.rounds, seconds=args.seconds)))


def measure(sizes: list[int], *, port: int, rounds: int, seconds: float) -> dict[str, Any]:
    from bench.bare import TABLES
    from tests import factories

    run(TABLES.format(size=sum(sizes) + 500_000))
    project = factories.project()
    factories.guideline(project)
    traces = [str(factories.trace(project).pk) for _ in range(TRACES)]
    queues = []
    for size in sizes:
        queues.append(factories.queue(project, f"{size} items"))
        fill(queues[-1], size, traces=traces)
    vacuum()
    people = [_reviewer(project, port) for _ in range(REVIEWERS)]
    rows = _speeds(people, queues, rounds=rounds, seconds=seconds)
    figures = [{name: round(statistics.median(row[name] for row in of), 3) for name in of[0]} for of in rows]
    return {
        "bench": "submit",
        "reviewers": REVIEWERS,
        "ratio": min(one["ratio"] for one in figures),
        "barest_ratio": min(one["barest_ratio"] for one in figures),
        "cpu_ratio": min(one["cpu_ratio"] for one in figures),
        "flat_ratio": _flat(rows, "submits_per_s"),
        "flat_cpu_ratio": _flat(rows, "submit_cpu_ms"),
        **_ahead(project, queues[-1], sizes[-1], port=port),
        "sizes": dict(zip(map(str, sizes), figures, strict=True)),
    }


def _reviewer(project: Any, port: int) -> Reviewer:
    from tests import factories
    from tests.factories.projects import PASSWORD

    user = factories.member(project)
    return Reviewer(port, email=user.email, person=str(user.pk), password=PASSWORD)


def _barest(person: Reviewer) -> float:
    return person.bare("/barest/")


def _speeds(people: list[Reviewer], queues: list[Any], *, rounds: int, seconds: float) -> list[list[Row]]:
    """For each queue what each round found; queues and views take turns, so that a busy machine is slow for all."""
    for queue in queues:
        _begin(people, queue)
        for act in (Reviewer.answer, Reviewer.bare, _barest):
            pace(people, act, seconds=1)
    # As autovacuum does within a minute: a plan made while a table was empty reads it whole.
    run("VACUUM ANALYZE")
    found: list[list[Row]] = [[] for _ in queues]
    for _ in range(rounds):
        for place in random.sample(range(len(queues)), len(queues)):
            _begin(people, queues[place])
            found[place].append(_round(people, seconds=seconds))
    return found


def _flat(rows: list[list[Row]], name: str) -> float:
    """The least over the most of the queues, each against the mean of its round: speed changes from round to round."""
    means = [statistics.mean(row[name] for row in of) for of in zip(*rows, strict=True)]
    shares = [statistics.median(row[name] / mean for row, mean in zip(of, means, strict=True)) for of in rows]
    return round(min(shares) / max(shares), 2)


def _begin(people: list[Reviewer], queue: Any) -> None:
    for person in people:
        person.begin(str(queue.pk))


def _round(people: list[Reviewer], *, seconds: float) -> Row:
    acts: list[Callable[[Reviewer], float]] = [Reviewer.bare, _barest, Reviewer.answer]
    # In any order, so that none always comes first.
    paces = {act: pace(people, act, seconds=seconds) for act in random.sample(acts, len(acts))}
    bare, barest, submit = (paces[act] for act in acts)
    return {
        "ratio": submit.per_s / bare.per_s,
        "barest_ratio": submit.per_s / barest.per_s,
        "cpu_ratio": bare.cpu_ms / submit.cpu_ms,
        "submits_per_s": submit.per_s,
        "submit_cpu_ms": submit.cpu_ms,
        "submit_p95_ms": submit.p95_ms,
        "bare_per_s": bare.per_s,
        "bare_cpu_ms": bare.cpu_ms,
        "barest_per_s": barest.per_s,
    }


def _ahead(project: Any, queue: Any, size: int, *, port: int) -> dict[str, Any]:
    from apps.accounts.models import User
    from apps.queues.services import cursors_reset

    ahead, fresh = _reviewer(project, port), _reviewer(project, port)
    answer_first(queue, User.objects.get(pk=ahead.person), min(AHEAD, size // 2))
    vacuum()
    before = _alone(ahead, fresh, queue)
    # What he has answered stays at the top in another order: the most that has to be passed over.
    run("UPDATE queues_item SET sort_key = sort_key + random() WHERE queue_id = %s", [queue.pk])
    cursors_reset(queue=queue)
    after = _alone(ahead, fresh, queue)
    return {
        "ahead_ratio": round(before[0] / before[1], 2),
        "rescored_ratio": round(after[0] / after[1], 2),
        "fresh_p95_ms": round(before[1], 2),
        "ahead_p95_ms": round(before[0], 2),
        "rescored_p95_ms": round(after[0], 2),
        "rescored_first_ms": round(after[2], 2),
    }


def _alone(ahead: Reviewer, fresh: Reviewer, queue: Any) -> tuple[float, float, float]:
    """(p95 ahead, p95 fresh, first answer ahead) in milliseconds; the two take turns."""
    _begin([ahead, fresh], queue)
    pairs = [(ahead.answer(), fresh.answer()) for _ in range(ALONE)]
    return p95([pair[0] for pair in pairs]), p95([pair[1] for pair in pairs]), pairs[0][0] * 1000


if __name__ == "__main__":
    main()
