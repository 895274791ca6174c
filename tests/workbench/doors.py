"""The workbench's doors as a browser knocks on them."""

from django.urls import reverse

from apps.queues.models import Review


def url(name, *args):
    return reverse(f"workbench:{name}", args=args)


def claim(htmx, queue):
    response = htmx.post(url("claim", queue.pk))
    assert response.status_code == 200
    return Review.objects.get(item__queue=queue, state="leased")


def send(htmx, review, label, **fields):
    address = url("answer", review.item.queue_id, review.pk)
    return htmx.post(address, {"token": review.token, "answer.intent": label, **fields})
