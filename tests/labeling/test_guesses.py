"""From a model's guess to an answer that the config takes, and to a wrong one."""

import json

import pytest

from apps.labeling.guesses import guess_result, holds, wrong_result
from apps.labeling.widgets import answer_label, check_result
from apps.projects.labelling import parse_config

TEXT = '<Text name="text" value="$text"/>'
SHOWN = {"text": "where is my parcel", "shown": [{"value": "Red"}, {"value": "Blue"}]}


def config(control):
    return parse_config(f"<View>{TEXT}{control}</View>")


CHOICES = '<Choices name="c" toName="text"><Choice value="Refund"/><Choice value="Swap" alias="exchange"/></Choices>'
SEVERAL = '<Choices name="c" toName="text" choice="multiple"><Choice value="A"/><Choice value="B"/></Choices>'
NESTED = """<Choices name="c" toName="text" allowNested="true"><Choice value="Money"><Choice value="Refund"/>
<Choice value="Fee"/></Choice></Choices>"""
TREE = """<Taxonomy name="c" toName="text"><Choice value="Life"><Choice value="Cat"/><Choice value="Dog"/></Choice>
</Taxonomy>"""
OPEN = '<Choices name="c" toName="text" value="$shown"/>'


@pytest.mark.parametrize(
    ("control", "guess", "value"),
    [
        (CHOICES, "Refund", {"choices": ["Refund"]}),
        (CHOICES, "exchange", {"choices": ["exchange"]}),
        (CHOICES, "Swap", {"choices": ["exchange"]}),  # as it is read, not as it is stored
        (SEVERAL, '["A", "B"]', {"choices": ["A", "B"]}),
        (SEVERAL, "B", {"choices": ["B"]}),
        (NESTED, "Refund", {"choices": [["Money", "Refund"]]}),
        (TREE, '[["Life", "Dog"]]', {"taxonomy": [["Life", "Dog"]]}),
        (TREE, "Cat", {"taxonomy": [["Life", "Cat"]]}),
        (OPEN, "Blue", {"choices": ["Blue"]}),
        ('<Rating name="c" toName="text"/>', "4", {"rating": 4}),
        ('<Rating name="c" toName="text"/>', 3, {"rating": 3}),
        ('<Number name="c" toName="text" max="9"/>', "7.5", {"number": 7.5}),
        ('<DateTime name="c" toName="text" only="date"/>', "2026-05-01", {"datetime": "2026-05-01"}),
        ('<TextArea name="c" toName="text"/>', "It is on its way.", {"text": ["It is on its way."]}),
    ],
)
def test_guess_result_is_an_answer_to_the_config(control, guess, value):
    made = guess_result(config(control), guess, data=SHOWN)
    assert [each["value"] for each in made] == [value]
    check_result(config(control), made, data=SHOWN)


@pytest.mark.parametrize(
    ("control", "guess"),
    [
        (CHOICES, "Weather"),
        (CHOICES, ""),
        (CHOICES, None),
        (CHOICES, True),
        (CHOICES, {"label": "Refund"}),
        (CHOICES, '["Refund", "exchange"]'),
        (SEVERAL, '["A", "Z"]'),
        (SEVERAL, "[" * 5000),
        (TREE, "Stone"),
        (OPEN, "Green"),
        ('<Rating name="c" toName="text"/>', "6"),
        ('<Number name="c" toName="text" max="9"/>', "ten"),
        ('<TextArea name="c" toName="text" value="$text"/>', "a correction starts from its own text"),
        ('<Labels name="c" toName="text"><Label value="Name"/></Labels>', "Name"),
        (CHOICES, [{"from_name": "other", "to_name": "text", "type": "choices", "value": {"choices": ["Refund"]}}]),
    ],
)
def test_guess_result_is_none_where_it_is_no_answer(control, guess):
    assert guess_result(config(control), guess, data=SHOWN) is None


def test_guess_result_takes_a_whole_result_with_regions():
    labels = '<Labels name="c" toName="text"><Label value="Name"/></Labels>'
    span = {"start": 0, "end": 5, "text": "where", "labels": ["Name"]}
    given = [{"id": "r1", "from_name": "c", "to_name": "text", "type": "labels", "value": span}]
    assert guess_result(config(labels), given, data=SHOWN) == given
    assert wrong_result(config(labels), given, data=SHOWN, draw=0.5) is None


@pytest.mark.parametrize(
    ("control", "guess"),
    [
        (CHOICES, "Refund"),
        (SEVERAL, '["A"]'),
        (NESTED, "Fee"),
        (TREE, "Cat"),
        (OPEN, "Red"),
        ('<Rating name="c" toName="text"/>', "4"),
    ],
)
@pytest.mark.parametrize("draw", [0.0, 0.5, 0.999999])
def test_wrong_result_fits_the_config_and_differs(control, guess, draw):
    given = config(control)
    right = guess_result(given, guess, data=SHOWN)
    wrong = wrong_result(given, right, data=SHOWN, draw=draw)
    check_result(given, wrong, data=SHOWN)
    assert answer_label(given, wrong) != answer_label(given, right)


@pytest.mark.parametrize(
    ("control", "guess"),
    [
        ('<TextArea name="c" toName="text"/>', "words"),
        ('<Number name="c" toName="text"/>', "3"),
        (SEVERAL, '["A", "B"]'),  # nothing is left to be wrong with
    ],
)
def test_wrong_result_is_none_where_no_label_is_surely_another(control, guess):
    right = guess_result(config(control), guess, data=SHOWN)
    assert wrong_result(config(control), right, data=SHOWN, draw=0.3) is None


def test_holds_looks_at_what_was_said_and_not_at_ids():
    guess = guess_result(config(CHOICES), "Refund", data=SHOWN)
    other = [{**guess[0], "id": "mine", "origin": "manual"}]
    note = {"id": "n", "from_name": "why", "to_name": "text", "type": "textarea", "value": {"text": ["so"]}}
    assert holds([*other, note], guess)
    assert not holds([note], guess)
    assert not holds(json.loads(json.dumps(guess).replace("Refund", "exchange")), guess)
