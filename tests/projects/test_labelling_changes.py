"""What a new config means for old answers, and how a trace becomes variables."""

import pytest

from apps.projects.labelling import (
    MappingError,
    SchemaChangeRefused,
    check_mapping,
    data_from_trace,
    map_result,
    parse_config,
    schema_diff,
)


def choices(*labels, choice="single", name="c", target="t"):
    inner = "".join(f'<Choice value="{label}"/>' for label in labels)
    return f'<Choices name="{name}" toName="{target}" choice="{choice}">{inner}</Choices>'


def config(*controls, target="t"):
    return parse_config(f'<View><Text name="{target}" value="$text"/>{"".join(controls)}</View>')


def answer(*labels, name="c"):
    return [{"id": "x", "from_name": name, "to_name": "t", "type": "choices", "value": {"choices": list(labels)}}]


def test_schema_diff_lets_labels_and_controls_be_added():
    diff = schema_diff(config(choices("a")), config(choices("a", "b"), choices("x", name="d")), {})
    assert diff.labels == {"c": {"a": "a"}}
    assert diff.added == (("c", "b"), ("d", "x"))
    assert diff.changed == {}


def test_schema_diff_renames_and_merges_by_the_map():
    diff = schema_diff(config(choices("a", "b", "c")), config(choices("ab", "c")), {"a": "ab", "b": "ab"})
    assert diff.changed == {"c": {"a": "ab", "b": "ab"}}
    assert map_result(answer("b"), diff)[0]["value"] == {"choices": ["ab"]}


def test_map_result_makes_merged_labels_one_and_leaves_its_input_alone():
    old, new = config(choices("a", "b", "c", choice="multiple")), config(choices("ab", "c", choice="multiple"))
    given = answer("a", "c", "b")
    mapped = map_result(given, schema_diff(old, new, {"a": "ab", "b": "ab"}))
    assert mapped[0]["value"] == {"choices": ["ab", "c"]}
    assert given == answer("a", "c", "b")


@pytest.mark.parametrize(
    ("new", "mapping", "words"),
    [
        ([choices("a")], {}, '"b" \\(c\\), "x" \\(d\\)|no <Choices> named'),
        ([choices("a"), choices("x", name="d")], {}, '"b" \\(c\\)'),
        ([choices("a", "b")], {}, 'no <Choices> named "d"'),
        ([choices("a", "z"), choices("x", name="d")], {"b": "nowhere"}, '"b" \\(c\\)'),
        ([choices("a", "b"), choices("x", name="d")], {"ghost": "a"}, '"ghost", which is no label of the old'),
        ([choices("a", "b"), choices("x", name="d")], {"a": "ghost"}, '"ghost", which is no label of the new'),
        (['<Rating name="c" toName="t"/>', choices("x", name="d")], {}, "would become ordinal"),
    ],
)
def test_schema_diff_refuses_what_would_lose_answers(new, mapping, words):
    old = config(choices("a", "b"), choices("x", name="d"))
    with pytest.raises(SchemaChangeRefused, match=words):
        schema_diff(old, config(*new), mapping)


def test_schema_diff_keeps_a_word_that_another_control_renames():
    old = config(choices("yes", "no"), choices("yes", "no", name="d"))
    new = config(choices("yep", "no"), choices("yes", "no", name="d"))
    assert schema_diff(old, new, {"yes": "yep"}).labels == {
        "c": {"yes": "yep", "no": "no"},
        "d": {"yes": "yes", "no": "no"},
    }


def test_schema_diff_reads_a_single_choice_as_several_but_not_back():
    one, many = config(choices("a", "b")), config(choices("a", "b", choice="multiple"))
    assert map_result(answer("a"), schema_diff(one, many, {})) == answer("a")
    with pytest.raises(SchemaChangeRefused, match="would become categorical"):
        schema_diff(many, one, {})


def test_schema_diff_needs_a_map_for_a_shorter_rating():
    old, new = config('<Rating name="r" toName="t"/>'), config('<Rating name="r" toName="t" maxRating="4"/>')
    with pytest.raises(SchemaChangeRefused, match='"5" \\(r\\)'):
        schema_diff(old, new, {})
    given = [{"from_name": "r", "to_name": "t", "type": "rating", "value": {"rating": 5}}]
    assert map_result(given, schema_diff(old, new, {"5": "4"}))[0]["value"] == {"rating": 4}


def test_map_result_follows_a_renamed_object():
    old, new = config(choices("a")), config(choices("a", target="u"), target="u")
    assert map_result(answer("a"), schema_diff(old, new, {}))[0]["to_name"] == "u"


def test_data_from_trace_finds_values_by_jmespath():
    trace = {"input": {"turns": [{"text": "hi"}, {"text": "bye"}]}, "output": "x", "attributes": {"n": 0}}
    mapping = {"last": "input.turns[-1].text", "out": "output", "n": "attributes.n", "all": "input.turns[].text"}
    assert data_from_trace(mapping, trace) == {"last": "bye", "out": "x", "n": 0, "all": ["hi", "bye"]}


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("input[", "not JMESPath"),
        ("", "no expression"),
        ("a" * 501, "longer"),
        ("nowhere.text", "finds nothing"),
        ("length(output)", "fails on this trace"),
        ("nosuchfunction(input)", "fails on this trace"),
    ],
)
def test_data_from_trace_names_the_variable(expression, words):
    with pytest.raises(MappingError, match=words) as caught:
        data_from_trace({"text": expression}, {"input": "x", "output": 3})
    assert caught.value.variable == "text"
    assert caught.value.field == "mapping.text"


@pytest.mark.parametrize(("mapping", "variable"), [({}, "text"), ({"text": "a", "more": "b"}, "more")])
def test_check_mapping_wants_exactly_the_variables(mapping, variable):
    with pytest.raises(MappingError) as caught:
        check_mapping(config(choices("a")), mapping)
    assert caught.value.variable == variable
