"""What the SDK says of a region is remembered for short ones, under its own config."""

import pytest

from apps.projects.labelling import parse_config
from apps.projects.labelling.sdk import _SHARED, _finding, sdk_result_findings

CHOICES = '<View><Text name="t" value="$text"/><Choices name="c" toName="t">{}</Choices></View>'
NOTE = '<View><Text name="t" value="$text"/><TextArea name="n" toName="t"/></View>'


def config(*values):
    return parse_config(CHOICES.format("".join(f'<Choice value="{value}"/>' for value in values))).plain


def chosen(value, **more):
    return {"from_name": "c", "to_name": "t", "type": "choices", "value": {"choices": [value]}, **more}


@pytest.fixture(autouse=True)
def _nothing_remembered():
    _finding.cache_clear()


def test_a_region_is_judged_by_its_own_config():
    yes, no = config("Yes", "No"), config("No", "Perhaps")
    for _ in range(2):
        assert sdk_result_findings(yes, [chosen("Yes")]) == ""
        assert "Yes" in sdk_result_findings(no, [chosen("Yes")])


def test_what_was_right_once_lets_nothing_else_through():
    plain = config("Yes", "No")
    assert sdk_result_findings(plain, [chosen("Yes")]) == ""
    assert sdk_result_findings(plain, [chosen("Never")])
    assert sdk_result_findings(plain, [chosen("Yes") | {"type": "labels"}])
    assert sdk_result_findings(plain, [chosen("Yes") | {"to_name": "elsewhere"}])
    assert sdk_result_findings(plain, [{**chosen("Yes"), "value": None}])
    assert sdk_result_findings(plain, [{key: part for key, part in chosen("Yes").items() if key != "value"}])


def test_an_id_of_its_own_does_not_make_a_region_another_one():
    plain = config("Yes", "No")
    for number in range(5):
        assert sdk_result_findings(plain, [chosen("Yes", id=str(number))]) == ""
    assert _finding.cache_info().currsize == 1


def test_a_long_text_is_judged_and_not_kept():
    plain = parse_config(NOTE).plain
    region = {"from_name": "n", "to_name": "t", "type": "textarea", "value": {"text": ["x" * _SHARED]}}
    assert sdk_result_findings(plain, [region]) == ""
    assert sdk_result_findings(plain, [{**region, "value": {"text": ["x" * _SHARED], "more": {}}, "type": "choices"}])
    assert _finding.cache_info().currsize == 0
