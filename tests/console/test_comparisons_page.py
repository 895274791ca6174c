"""Whose outputs are preferred, on the page that says so."""

import itertools

import numpy as np
import pytest
from django.urls import reverse

from apps.consensus.services import comparisons
from apps.consensus.services.comparisons import comparisons_of, left_share, scores_of
from tests import factories

CONFIG = """<View>
  <Text name="question" value="$question"/><Text name="a" value="$answer_a"/><Text name="b" value="$answer_b"/>
  <Pairwise name="preferred" toName="a,b"/>
</View>"""
MAPPING = {"question": "input", "answer_a": "output.a", "answer_b": "output.b"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db):
    made = factories.project(config=CONFIG)
    factories.schema(made, config=CONFIG, mapping=MAPPING)
    return made


@pytest.fixture
def queue(project):
    return factories.queue(project)


def compared(queue, left, right, answers, keys=("answer_a_model", "answer_b_model"), **fields):
    """An item of two named outputs and what each person preferred."""
    names = {key: name for key, name in zip(keys, (left, right), strict=True) if name}
    trace = factories.trace(queue.project, output={"a": "one", "b": "two"}, attributes=names)
    item = factories.item(queue, trace=trace, **fields)
    for person, side in answers:
        result = [
            {"id": "r", "type": "pairwise", "from_name": "preferred", "to_name": "a", "value": {"selected": side}}
        ]
        factories.annotation(item, person, side, result=result)
    return item


def test_answers_are_counted_by_person_sides_and_choice(project, queue):
    one, two = (factories.member(project) for _ in range(2))
    compared(queue, "m1", "m2", [(one, "left"), (two, "right")])
    compared(queue, "m2", "m1", [(one, "right")], keys=("left_model", "right_model"))
    compared(queue, "m1", "m2", [(one, "left")], keys=("model_a", "model_b"))
    compared(queue, "", "", [(two, "left")])
    other = factories.queue(factories.project(config=CONFIG))
    del other
    rows = comparisons_of(project=project, control="preferred")
    assert {(row.reviewer_id, row.left, row.right, row.chosen, row.count) for row in rows} == {
        (one.pk, "m1", "m2", "left", 2),
        (one.pk, "m2", "m1", "right", 1),
        (two.pk, "m1", "m2", "right", 1),
        (two.pk, "", "", "left", 1),
    }
    scores = scores_of(rows)
    assert (list(scores.names), scores.wins.tolist(), scores.n_groups) == (["m1", "m2"], [[0, 3], [1, 0]], 1)
    share = left_share(project=project, control="preferred")
    assert (share.share, share.n_items) == (pytest.approx((0.5 + 0 + 1 + 1) / 4), 4)
    assert comparisons_of(project=project, control="no such question") == []


def test_known_items_and_people_left_out_do_not_count(project, queue):
    one, two = (factories.member(project) for _ in range(2))
    compared(queue, "m1", "m2", [(one, "left"), (two, "left")])
    factories.exclusion(queue, two)
    assert [(row.reviewer_id, row.count) for row in comparisons_of(project=project, control="preferred")] == [
        (one.pk, 1)
    ]
    elsewhere = factories.queue(project, "Other")
    assert comparisons_of(project=project, control="preferred", queue=elsewhere) == []


def test_groups_that_never_met_are_told(project, queue):
    one = factories.member(project)
    compared(queue, "m1", "m2", [(one, "left")])
    compared(queue, "m3", "m4", [(one, "left")])
    assert scores_of(comparisons_of(project=project, control="preferred")).n_groups == 2


@pytest.fixture
def furnished(project, queue):
    """Three models of known strength, sides by chance, four reviewers of whom one answers at random."""
    rng = np.random.default_rng(5)
    people = [factories.member(project, name=f"Reviewer {name}") for name in ("Ada", "Bo", "Cy", "Di")]
    strength = {"concise-2": 1.0, "concise-1": 0.0, "baseline": -1.0}
    for number in range(60):
        pair = list(itertools.combinations(strength, 2))[number % 3]
        left, right = pair if rng.random() < 0.5 else pair[::-1]
        wins = 1 / (1 + np.exp(strength[right] - strength[left]))
        answers = [(one, "left" if rng.random() < (0.5 if one is people[3] else wins) else "right") for one in people]
        compared(queue, left, right, answers)
    return people


def test_the_page_ranks_the_outputs(client, project, manager, viewer, reviewer, stranger, furnished):
    page = reverse("console:quality_comparisons", args=[project.slug])
    for person, status in [(manager, 200), (viewer, 200), (reviewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.get(page).status_code == status
    client.force_login(manager)
    response = client.get(page)
    assert [row.name for row in response.context["scores"]] == ["concise-2", "concise-1", "baseline"]
    assert {row.n for row in response.context["scores"]} == {160}
    assert all(row.low < row.score < row.high for row in response.context["scores"])
    best = response.context["matrix"][0][1]
    assert best[0] is None
    assert best[2].share > 0.7
    assert response.context["people"][-1].n == 60
    by_name = {str(row.user): row.reliability for row in response.context["people"]}
    assert min(by_name, key=by_name.get) == "Reviewer Di"
    assert "Nothing speaks against that." in response.content.decode()
    assert page in client.get(reverse("console:quality", args=[project.slug])).content.decode()


def test_without_names_the_page_says_how_to_give_them(client, project, queue, manager):
    client.force_login(manager)
    page = reverse("console:quality_comparisons", args=[project.slug])
    assert "No comparison yet" in client.get(page).content.decode()
    compared(queue, "", "", [(factories.member(project), "left")])
    words = client.get(page).content.decode()
    assert "<code>answer_a_model</code>" in words
    assert "too little data" in words


def test_few_comparisons_tell_their_number_alone(client, project, queue, manager):
    one = factories.member(project)
    for _ in range(9):
        compared(queue, "m1", "m2", [(one, "left")])
    client.force_login(manager)
    words = client.get(reverse("console:quality_comparisons", args=[project.slug])).content.decode()
    assert words.count('<td><span class="quiet">9</span></td>') == 2
    assert "9 of 9" not in words


def test_an_unknown_question_or_queue_shows_the_first_one_and_all(client, project, queue, manager):
    compared(queue, "m1", "m2", [(factories.member(project), "left")])
    client.force_login(manager)
    page = client.get(
        reverse("console:quality_comparisons", args=[project.slug]), {"question": "gone", "queue": "gone"}
    )
    assert (page.context["control"].name, page.context["n_answers"]) == ("preferred", 1)


def test_names_left_out_are_not_answers_without_names(client, project, queue, manager, monkeypatch):
    monkeypatch.setattr(comparisons, "MOST_SIDES", 2)
    one = factories.member(project)
    for left, right in [("m1", "m2"), ("m1", "m2"), ("m1", "m3"), ("", "")]:
        compared(queue, left, right, [(one, "left")])
    client.force_login(manager)
    words = client.get(reverse("console:quality_comparisons", args=[project.slug])).content.decode()
    assert "From 3 of 4 answers: the others do not tell" in words
    assert "1 further names" in words


def test_a_question_left_open_counts_among_the_latest_alone(client, project, queue, manager, monkeypatch):
    one, two = (factories.member(project) for _ in range(2))
    item = compared(queue, "m1", "m2", [(one, "left")])
    factories.annotation(item, two, "", result=[])
    client.force_login(manager)
    here = reverse("console:quality_comparisons", args=[project.slug])
    page = client.get(here)
    assert (page.context["n_answers"], page.context["n_named"], page.context["side"].n_items) == (1, 1, 1)
    assert "From the latest" not in page.content.decode()
    monkeypatch.setattr(comparisons, "LATEST", 2)
    assert "From the latest 1 answers." in client.get(here).content.decode()


def test_a_project_that_compares_nothing_says_so(client, manager):
    plain = factories.project()
    factories.member(plain, "manager", user=manager)
    client.force_login(manager)
    words = client.get(reverse("console:quality_comparisons", args=[plain.slug])).content.decode()
    assert "Nothing is compared here" in words
    assert "comparisons/" not in client.get(reverse("console:quality", args=[plain.slug])).content.decode()
