"""Agreement question by question: every kind by its own measure, regions matched first."""

import pytest
from django.urls import reverse

from apps.consensus.algorithms.agreement_estimate import Bootstrap
from apps.consensus.services.question_agreement import Answered, question_agreements
from apps.console.question_figures import question_rows
from apps.projects.labelling import parse_config
from tests import factories
from tests.consensus.controls import COUNT, INTENT, SPANS, STARS, TEXT, config_xml, count, intent, person, stars
from tests.consensus.test_known_regions import ABOUT, LINKS, about, link

CONFIG = config_xml(INTENT, STARS, COUNT, SPANS, ABOUT, LINKS)


def answer(label, rating, number, *marks, sort="Founder", links=()):
    return [
        *(intent(label) + stars(rating) + count(number)),
        *marks,
        *(about(mark, sort) for mark in marks),
        *(link(marks[one], marks[other]) for one, other in links),
    ]


BILL, FIRM, CITY = (0, 10), (19, 28), (32, 43)
ONE = answer("Refund", 4, 7, person(*BILL, name="x"), person(*FIRM, "Company", name="y"), links=[(0, 1)])
TWO = answer("Refund", 2, 7, person(*BILL, name="p"), person(*CITY, name="q"), links=[(0, 1)])
THREE = answer("Exchange", 4, 9, person(0, 8, name="a"), person(*FIRM, "Company", name="b"), links=[(0, 1)])


def compared(*results):
    answered = Answered(parse_config(CONFIG), {"message": TEXT}, results)
    return {row.control.name: row for row in question_agreements([answered], bootstrap=Bootstrap(n_resamples=100))}


def test_each_question_by_hand_for_two_people():
    found = compared(ONE, TWO)
    close = {name: row.close.value for name, row in found.items()}
    assert close == {
        "intent": 1.0,
        "stars": pytest.approx(0.5),  # two of four steps apart
        "count": 1.0,
        "who": pytest.approx(2 / 4),  # one of two each
        "sort": pytest.approx(2 / 4),  # said of the one that both marked
        "relations": 0.0,  # the other end is another region
    }
    assert (found["who"].exact.value, found["who"].overlap.value) == (pytest.approx(1 / 2), pytest.approx(1 / 3))
    assert found["sort"].exact is None


def test_three_people_are_three_pairs():
    found = compared(ONE, TWO, THREE)
    assert found["intent"].close.value == pytest.approx(1 / 3)
    assert found["stars"].close.value == pytest.approx((0.5 + 1 + 0.5) / 3)
    assert found["who"].close.value == pytest.approx((2 + 4 + 2) / 12)
    assert found["who"].exact.value == pytest.approx((2 + 2 + 0) / 12)
    assert found["relations"].close.value == pytest.approx((0 + 2 + 0) / 6)
    assert {row.close.n_ratings for row in found.values()} == {3}


def test_a_question_that_nobody_answered_is_left_out():
    assert list(compared(intent("Refund"), intent("Refund"))) == ["intent"]


@pytest.mark.django_db
def test_the_page_tells_it_where_more_than_one_choice_is_asked(client, django_assert_num_queries):
    project = factories.project(config=CONFIG)
    queue, other = factories.queue(project), factories.queue(project, "Other")
    people = [factories.member(project) for _ in range(2)]
    for n in range(3):
        item = factories.item(queue, TEXT)
        for who, result in zip(people, (ONE, TWO if n else ONE), strict=True):
            factories.annotation(item, who, "Refund", result=result)
    known = factories.honeypot(queue)
    for who, result in zip(people, (ONE, THREE), strict=True):
        factories.annotation(known, who, "Refund", result=result)
    question_rows(project=project)  # the process remembers the labels
    with django_assert_num_queries(3):  # the current schema, the answers, what the items show
        rows = {row.control.name: row.close for row in question_rows(project=project)}
    assert rows["stars"].value == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert rows["stars"].n_items == 3
    assert question_rows(project=project, queue=other) == []
    client.force_login(factories.member(project, "viewer"))
    page = client.get(reverse("console:quality_agreement", args=[project.slug])).content.decode()
    assert "By question" in page
    assert '<th scope="row">relations</th>' in page


@pytest.mark.django_db
def test_one_choice_alone_is_told_by_its_labels(project, queue_of_two):
    assert question_rows(project=project) == []


@pytest.fixture
def queue_of_two(project):
    item = factories.item(factories.queue(project))
    for _ in range(2):
        factories.annotation(item, factories.member(project), "Refund")
