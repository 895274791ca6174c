"""When an answer comes close enough to a known one, kind by kind."""

import pytest

from apps.consensus.algorithms import known_match as match
from apps.consensus.algorithms.agreement_regions import Region
from apps.consensus.services.known_answers import answer_is_right, has_fixed_answers, is_comparable
from apps.projects.labelling import parse_config
from tests.factories import choices_config, choices_result

TEXT = '<Text name="t" value="$message"/>'
DATA = {"message": "Ada met Bob in Oslo", "draft": "I has recieved teh parcel"}


def region(kind, name, value, **fields):
    return {"id": fields.pop("id", name), "type": kind, "from_name": name, "to_name": "t", "value": value} | fields


def is_right(xml, own, known):
    return answer_is_right(
        parse_config(f"<View>{TEXT}{xml}</View>"), DATA, label="", result=own, known_label="", known_result=known
    )


def span(start, end, label="Person"):
    value = {"start": start, "end": end, "text": DATA["message"][start:end], "labels": [label]}
    return region("labels", "marks", value, id=f"{start}-{end}-{label}")


LABELS = '<Labels name="marks" toName="t"><Label value="Person"/><Label value="Place"/></Labels>'
ADA, BOB, OSLO = span(0, 3), span(8, 11), span(15, 19, "Place")


@pytest.mark.parametrize(
    ("own", "right"),
    [
        ([ADA, BOB, OSLO], True),
        ([OSLO, BOB, ADA], True),
        ([ADA, BOB], True),  # 2 · 2 of 5
        ([ADA], False),  # 2 · 1 of 4
        ([ADA, span(8, 14), OSLO], True),  # overlap 3 of 6
        ([span(0, 7), span(8, 19), span(15, 19)], False),  # overlaps below a half, and another label
        ([], False),
    ],
)
def test_spans_are_right_by_f1(own, right):
    assert is_right(LABELS, own, [ADA, BOB, OSLO]) is right
    assert is_right(LABELS, [], []) is True


@pytest.mark.parametrize(
    ("own", "known", "right"),
    [
        (["a", "b", "c"], ["a", "b", "c"], True),
        (["a", "b"], ["a", "b", "c"], True),  # 4 of 5
        (["a"], ["a", "b"], False),  # 2 of 3
        (["a", "b"], ["a"], False),
        (["d"], ["a"], False),
    ],
)
def test_several_labels_are_right_by_f1(own, known, right):
    xml = '<Choices name="c" toName="t" choice="multiple">' + "".join(f'<Choice value="{x}"/>' for x in "abcd")
    own, known = ([region("choices", "c", {"choices": each})] for each in (own, known))
    assert is_right(f"{xml}</Choices>", own, known) is right


@pytest.mark.parametrize(
    ("levels", "own", "right"), [(5, 3, True), (5, 4, True), (5, 2, False), (3, 3, False), (10, 6, True)]
)
def test_a_rating_is_right_within_a_quarter_of_the_scale(levels, own, right):
    known = {5: 4, 3: 2, 10: 4}[levels]
    xml = f'<Rating name="r" toName="t" maxRating="{levels}"/>'
    own, known = ([region("rating", "r", {"rating": each})] for each in (own, known))
    assert is_right(xml, own, known) is right


@pytest.mark.parametrize(
    ("attrs", "own", "known", "right"),
    [
        ("", 12, 12, True),
        ("", 13, 12, False),
        ('step="0.5"', 12.25, 12, True),
        ("", 10.4, 10.5, True),
        ("", 9, 10.5, False),
    ],
)
def test_a_number_is_right_within_its_tolerance(attrs, own, known, right):
    own, known = ([region("number", "n", {"number": each})] for each in (own, known))
    assert is_right(f'<Number name="n" toName="t" {attrs}/>', own, known) is right


@pytest.mark.parametrize(
    ("own", "right"),
    [
        ("I have received the parcel", True),
        ("I have  received the parcel ", True),
        ("I have received the parcels", True),
        ("I has recieved teh parcel", False),  # untouched: close, and no step towards it
        ("I have recieved teh parcel", False),
    ],
)
def test_a_correction_is_right_once_it_went_most_of_the_way(own, right):
    xml = '<TextArea name="x" toName="t" value="$draft" required="true"/>'
    own, known = ([region("textarea", "x", {"text": [each]})] for each in (own, "I have received the parcel"))
    assert is_right(xml, own, known) is right


def test_a_text_that_was_right_from_the_start_is_right_only_untouched():
    assert match.text_bar("All is well", start="All is well") == 1.0
    assert match.text_bar("All is well") == 0.9


def test_orders_are_right_by_their_pairs():
    assert match.order_closeness("abcd", "abcd") == 1.0
    assert match.order_closeness("abdc", "abcd") == pytest.approx(5 / 6)
    assert match.order_closeness("dcba", "abcd") == 0.0
    assert match.order_closeness("ab", "abcd") == pytest.approx(1 / 6)  # a pair with one left out is wrong
    assert match.order_closeness("a", "a") == 1.0


def test_a_region_is_matched_once():
    one = Region("Person", (0,), (10,))
    assert match.regions_closeness([one, one], [one]) == pytest.approx(2 / 3)


def test_every_question_that_counts_has_to_be_right():
    choice = '<Choices name="c" toName="t"><Choice value="a"/><Choice value="b"/></Choices>'
    xml = f'{choice}<Rating name="r" toName="t" maxRating="5"/><TextArea name="remark" toName="t"/>'
    known = [region("choices", "c", {"choices": ["a"]}), region("rating", "r", {"rating": 4})]
    close = [known[0], region("rating", "r", {"rating": 5}), region("textarea", "remark", {"text": ["hm"]})]
    assert is_right(xml, close, known)
    assert not is_right(xml, [region("choices", "c", {"choices": ["b"]}), known[1]], known)
    assert not is_right(xml, known[:1], known)


def test_one_choice_is_told_by_its_label_alone():
    config = parse_config(choices_config())
    assert (has_fixed_answers(config), is_comparable(config)) == (True, True)
    told = {"result": choices_result("Refund"), "known_result": choices_result("Refund")}
    assert answer_is_right(config, {}, label="Refund", known_label="Refund", **told)
    assert not answer_is_right(config, {}, label="Exchange", known_label="Refund", **told)


def test_questions_about_what_was_marked_alone_cannot_be_compared():
    assert not is_comparable(parse_config(f"<View>{TEXT}</View>"))
    assert is_comparable(parse_config(f"<View>{TEXT}{LABELS}</View>"))
