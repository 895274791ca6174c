from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction

from apps.core.db import advisory_lock_try
from apps.core.errors import InvalidFields
from apps.intake.errors import KeyReused, RequestInFlight
from apps.intake.models import AdversarialUser, IdempotentResponse
from apps.intake.services import answer_once, responses_forget
from tests import factories
from tests.factories import NOW
from tests.factories.intake import api_key


@pytest.fixture
def key(project):
    return api_key(project)[0]


def once(api_key, key="k1", request="body", work=lambda: (201, {"n": 1}), twin=""):
    return answer_once(api_key=api_key, key=key, request=request, twin=twin, now=NOW, work=work)


def test_answer_once_works_once_and_then_replays(key):
    calls = []
    for _ in range(3):
        answer = once(key, work=lambda: (calls.append(1), (201, {"n": len(calls)}))[1])
    assert (answer.status, answer.body, answer.is_replay, len(calls)) == (201, {"n": 1}, True, 1)


def test_answer_once_refuses_the_key_with_another_request(key):
    once(key)
    with pytest.raises(KeyReused):
        once(key, request="another body")


def test_answer_once_keeps_clients_apart(key, project):
    once(key)
    assert once(api_key(project)[0], request="another body").is_replay is False


def test_answer_once_without_a_key_stores_nothing(key):
    assert once(key, key="").body == {"n": 1}
    assert not IdempotentResponse.objects.exists()


@pytest.mark.parametrize("bad", ["x" * 201, "é", "a\tb"])
def test_answer_once_refuses_a_key_that_is_no_plain_text(key, bad):
    with pytest.raises(InvalidFields):
        once(key, key=bad)


def test_a_refused_request_stores_nothing_and_may_be_mended(key, project):
    def half_done():
        AdversarialUser.objects.create(project=project, user_ref="half", created_at=NOW)
        raise InvalidFields([])  # never reached by a client

    with pytest.raises(IndexError), transaction.atomic():
        once(key, work=half_done)
    assert not AdversarialUser.objects.exists()
    assert once(key, request="mended").is_replay is False


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("word", "twin"), [("k1", ""), ("", "trace:t1")])
def test_a_twin_in_flight_is_told_to_wait(word, twin):
    """A second real connection holds the lock; once it ends, the request goes through."""
    key = api_key(factories.project())[0]
    holds, may_end = Event(), Event()

    def first():
        try:
            with transaction.atomic():
                assert advisory_lock_try(f"request:{key.pk}:{'key:k1' if word else 'id:trace:t1'}")
                holds.set()
                may_end.wait(timeout=60)
        finally:
            connection.close()

    other = Thread(target=first)
    other.start()
    assert holds.wait(timeout=60)
    with pytest.raises(RequestInFlight):
        once(key, key=word, twin=twin)
    may_end.set()
    other.join(timeout=60)
    assert once(key, key=word, twin=twin).status == 201


def test_responses_forget_drops_only_the_old(key):
    once(key, key="old")
    once(key, key="new")
    IdempotentResponse.objects.filter(key="old").update(created_at=NOW - timedelta(days=31))
    assert responses_forget(now=NOW) == 1
    assert IdempotentResponse.objects.get().key == "new"
