"""A reviewer in a process of his own: claims and answers until nothing is left. Run with `python -m`."""

import argparse
import os
import random
import time


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    parser = argparse.ArgumentParser()
    parser.add_argument("queue")
    parser.add_argument("reviewer")
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args()

    import django

    django.setup()

    from apps.accounts.models import User
    from apps.queues.models import Queue

    work(Queue.objects.get(pk=args.queue), User.objects.get(pk=args.reviewer), rng=random.Random(args.seed))


def work(queue, reviewer, *, rng):
    from django.utils import timezone

    from apps.queues.errors import StaleLease
    from apps.queues.models import Item
    from apps.workbench import services
    from tests.factories import choices_result

    while True:
        review = services.claim_next(queue=queue, reviewer=reviewer, now=timezone.now(), rng=rng)
        if review is None:
            # Others may still hold what a killed process will never answer; it comes back when its lease expires.
            if not Item.objects.filter(queue=queue, state="open").exists():
                return
            time.sleep(0.2)
            continue
        try:
            services.answer_submit(
                review_id=review.pk,
                reviewer=reviewer,
                token=review.token,
                result=choices_result(rng.choice(["Refund", "Exchange"])),
                duration_ms=1,
                now=timezone.now(),
            )
        except StaleLease:
            continue


if __name__ == "__main__":
    main()
