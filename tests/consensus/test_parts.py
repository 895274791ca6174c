"""The consensus of whole items: every kind of control, several controls, regions and what is said about them."""

import pytest

from apps.consensus.services.parts import whole_of
from apps.labeling.widgets import answer_label, check_result
from apps.labeling.widgets.registry import VOTES, WIDGETS
from apps.projects.labelling import parse_config
from tests.consensus.controls import (
    COUNT,
    INTENT,
    SPANS,
    STARS,
    TEXT,
    TOPICS,
    TREE,
    WORDS,
    config_xml,
    count,
    intent,
    person,
    region,
    stars,
    topics,
    tree,
    words,
)


def decide(controls, *results, data=None, by_share=False):
    config = parse_config(config_xml(*controls))
    shown = data or {"message": TEXT}
    for result in results:
        check_result(config, result, data=shown)
    nobody = [None] * len(results)
    whole = whole_of(config, shown, results, skills_of=lambda control: (None, nobody), by_share=by_share)
    if whole.is_decided:
        check_result(config, whole.result, data=shown)
        assert whole.label == (answer_label(config, whole.result) or "")
    return whole


def values(whole):
    return [each["value"] for each in whole.result]


def test_every_tag_that_has_a_widget_says_how_it_is_voted_on():
    assert VOTES.keys() == WIDGETS.keys()


def test_labels_of_several_are_voted_on_one_by_one():
    whole = decide([TOPICS], topics("Money"), topics("Money", "Sport"), topics("Money"))
    assert values(whole) == [{"choices": ["Money"]}]
    assert (whole.label, whole.is_decided, whole.confidence) == ('["Money"]', True, pytest.approx(0.8))
    assert whole.posterior == {
        '["Money"]': pytest.approx(64 / 65, abs=1e-6),
        '["Sport"]': 0.2,
        '["Art"]': pytest.approx(1 / 65, abs=1e-6),
    }


def test_that_no_label_fits_is_a_consensus():
    whole = decide([TOPICS, INTENT], intent("Refund"), intent("Refund"))
    assert [each["from_name"] for each in whole.result] == ["intent"]
    assert whole.confidence > 0.9


def test_paths_meet_in_what_stands_above_them():
    whole = decide([TREE], tree(["A", "a1"]), tree(["A", "a2"]), tree(["A"]))
    assert values(whole) == [{"taxonomy": [["A"]]}]
    leaves = TREE.replace("<Taxonomy ", '<Taxonomy leafsOnly="true" ')
    split = decide([leaves], tree(["A", "a1"]), tree(["A", "a2"]), tree(["B"]))
    assert not split.is_decided


def test_rating_and_number_state_their_intervals():
    whole = decide([STARS, COUNT], stars(4) + count(7), stars(4) + count(7), stars(5) + count(900))
    assert [*values(whole)] == [{"rating": 4}, {"number": 7}]
    assert whole.parts["stars"]["low"] == "4"
    assert 6 < whole.parts["count"]["low"] < 7 < whole.parts["count"]["high"] < 8
    assert whole.confidence == pytest.approx(min(part["confidence"] for part in whole.parts.values()), abs=1e-6)


def test_an_item_is_as_sure_as_its_least_sure_control():
    sure = decide([INTENT, TOPICS], *[intent("Refund") + topics("Art")] * 3)
    split = decide([INTENT, TOPICS], *[intent("Refund") + topics("Art")] * 2, intent("Refund"))
    assert split.parts["intent"] == sure.parts["intent"]
    assert split.confidence == split.parts["topic"]["confidence"] < sure.confidence


def test_remarks_take_no_part_and_are_kept():
    one, two = (intent("Refund") + topics("Art") + words(each) for each in ("he is angry", "wants money back"))
    whole = decide([INTENT, TOPICS, WORDS], one, two)
    assert whole.is_decided
    assert whole.confidence > 0.9
    assert whole.parts["words"]["counts"] is False


def test_texts_that_are_all_that_is_asked_are_compared():
    agreed = decide([WORDS], words("A happy cat."), words("A happy  cat."))
    assert (agreed.label, agreed.is_decided, agreed.confidence) == ("", True, 1.0)
    assert values(agreed) == [{"text": ["A happy cat."]}]
    assert decide([WORDS], words("A happy cat."), words("Something else")).confidence < 0.5


def test_corrections_are_put_together_word_by_word():
    fix = '<TextArea name="words" toName="message" value="$message" required="true"/>'
    said = [
        "Bill Gates founded Microsoft in Texas.",
        "Bill Gate founded Microsoft in Albuquerque.",
        "Bill Gates found Microsoft in Albuquerque.",
    ]
    whole = decide([fix], *[words(each) for each in said])
    assert values(whole) == [{"text": ["Bill Gates founded Microsoft in Albuquerque."]}]


def test_an_answer_that_some_left_out_is_voted_on_like_any_other():
    left_out = decide([INTENT, COUNT], intent("Refund") + count(3), intent("Refund"), intent("Refund"))
    assert [each["from_name"] for each in left_out.result] == ["intent"]
    assert left_out.parts["count"] == {"confidence": pytest.approx(0.8), "is_decided": True}
    given = decide([INTENT, COUNT], *[intent("Refund") + count(3)] * 2, intent("Refund"))
    assert given.parts["count"]["confidence"] == pytest.approx(0.8)
    tied = decide([INTENT, COUNT], intent("Refund") + count(3), intent("Refund"))
    assert not tied.is_decided


def test_what_is_not_asked_is_no_vote():
    why = (
        '<Choices name="why" toName="message" visibleWhen="choice-selected" whenTagName="intent" '
        'whenChoiceValue="Refund" required="true"><Choice value="Late"/><Choice value="Broken"/></Choices>'
    )
    late = [*intent("Refund"), region("why", "choices", {"choices": ["Late"]})]
    whole = decide([INTENT, why], late, late, intent("Exchange"))
    assert [each["from_name"] for each in whole.result] == ["intent", "why"]
    assert whole.parts["why"]["confidence"] > 0.9  # of the two who were asked
    other = decide([INTENT, why], late, intent("Exchange"), intent("Exchange"))
    assert "why" not in other.parts


def test_spans_are_merged():
    whole = decide([SPANS], [person(0, 10)], [person(0, 10), person(19, 28, "Company", "r2")], [person(0, 18)])
    assert values(whole) == [{"start": 0, "end": 10, "text": "Bill Gates", "labels": ["Person"]}]
    assert whole.confidence == pytest.approx(0.8)  # that the company is spurious
    assert len(whole.parts["who"]["regions"]) == 1
    nothing = decide([SPANS, INTENT], intent("Refund"), intent("Refund"))
    assert nothing.parts["who"]["confidence"] > 0.9


def test_disputed_spans_are_offered():
    whole = decide([SPANS], [person(0, 10)], [person(0, 10), person(19, 28, "Company", "r2")])
    assert not whole.is_decided
    assert len(whole.result) == 2


def about(name, **value):
    where = {"start": 0, "end": 10, "text": "Bill Gates"}
    return region("kind", "choices", {**where, **value}, id=name)


def test_what_is_said_about_regions_follows_the_merged_ones():
    kind = (
        '<Choices name="kind" toName="message" perRegion="true"><Choice value="Alive"/><Choice value="Dead"/></Choices>'
    )
    one = [person(0, 10, name="x"), about("x", choices=["Alive"])]
    two = [person(0, 10, name="y"), about("y", choices=["Alive"])]
    whole = decide([SPANS, kind], one, two)
    owner, said = whole.result
    assert said["id"] == owner["id"]
    assert said["value"] == {"start": 0, "end": 10, "text": "Bill Gates", "choices": ["Alive"]}
    assert whole.confidence > 0.9


def test_links_join_the_merged_regions():
    def linked(first, last, direction="right"):
        ends = [person(0, 10, name=first), person(19, 28, "Company", last)]
        from_id, to_id = (first, last) if direction == "right" else (last, first)
        return [*ends, {"type": "relation", "from_id": from_id, "to_id": to_id, "direction": direction}]

    whole = decide([SPANS], linked("a", "b"), linked("c", "d", "left"), [*linked("e", "f")[:2]])
    link = whole.result[-1]
    ids = {each["value"]["labels"][0]: each["id"] for each in whole.result[:2]}
    assert (link["from_id"], link["to_id"], link["direction"]) == (ids["Person"], ids["Company"], "right")
    assert whole.parts["relations"]["confidence"] == pytest.approx(0.8)


def test_adding_nothing_to_a_conversation_is_an_answer():
    tone = '<Choices name="tone" toName="chat" perRegion="true"><Choice value="Kind"/></Choices>'
    whole = decide(
        ['<Chat name="chat" value="$chat"/>', tone],
        [],
        [],
        data={"message": TEXT, "chat": [{"role": "user", "content": "Hi"}]},
    )
    assert (whole.result, whole.is_decided) == ([], True)


def test_order_and_buckets():
    shown = {"message": TEXT, "things": [{"id": each, "title": each} for each in "abc"]}
    plain = '<List name="list" value="$things"/><Ranker name="rank" toName="list"/>'

    def ranked(**columns):
        value = {"ranker": columns}
        return [{"id": "k", "from_name": "rank", "to_name": "list", "type": "ranker", "value": value}]

    whole = decide([plain], *[ranked(rank=list(each)) for each in ("bac", "bac", "bca")], data=shown)
    assert values(whole) == [{"ranker": {"rank": ["b", "a", "c"]}}]
    buckets = plain.replace("/><Ranker", "/><Ranker", 1).replace(
        'toName="list"/>', 'toName="list"><Bucket name="good"/><Bucket name="bad"/></Ranker>'
    )
    good = ranked(_=[], good=["a", "b"], bad=["c"])
    whole = decide([buckets], good, good, ranked(_=["c"], good=["a"], bad=["b"]), data=shown)
    assert values(whole) == [{"ranker": {"_": [], "good": ["a", "b"], "bad": ["c"]}}]


@pytest.mark.parametrize("by_share", [True, False])
def test_the_order_of_answers_changes_no_consensus(by_share):
    results = [
        [person(0, 10), *intent("Refund"), *topics("Money"), *stars(4), *count(3)],
        [person(0, 18), *intent("Refund"), *topics("Money", "Art"), *stars(4)],
        [person(5, 10), *intent("Exchange"), *topics(), *stars(2), *count(3)],
    ]
    controls = [SPANS, INTENT, TOPICS, STARS, COUNT]
    one, other = (decide(controls, *order, by_share=by_share) for order in (results, results[::-1]))
    assert (one.label, one.parts) == (other.label, other.parts)
    assert one.confidence == pytest.approx(other.confidence, abs=1e-9)
