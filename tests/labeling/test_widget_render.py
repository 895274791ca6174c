"""What a config looks like: forms that work without scripts, text that stays text."""

import re

import pytest

from apps.labeling.examples import example_answer
from apps.labeling.form_fields import form_fields
from apps.labeling.widgets import (
    FormState,
    answer_words,
    initial_state,
    parse_answer,
    render_diff,
    render_form,
    render_item,
    render_review,
    state_from_result,
)
from apps.labeling.widgets.carry import carried
from apps.projects.label_templates import label_templates
from apps.projects.labelling import data_from_trace, parse_config

TEXT = '<Text name="t" value="$text"/>'


def config_of(*controls):
    return parse_config(f"<View>{TEXT}{''.join(controls)}</View>")


def choices(n, **attrs):
    extra = "".join(f' {key}="{value}"' for key, value in attrs.items())
    inner = "".join(f'<Choice value="Label {number}"/>' for number in range(1, n + 1))
    return f'<Choices name="c" toName="t"{extra}>{inner}</Choices>'


HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)> {{ 7 }} "quotes" & \u202eturned'


def test_render_item_shows_markup_as_text():
    html = render_item(config_of(choices(2)), {"text": HOSTILE})
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html
    assert "<img" not in html
    assert 'dir="auto"' in html


def test_render_item_sanitises_hypertext():
    config = parse_config('<View><HyperText name="h" value="$h"/><Rating name="r" toName="h"/></View>')
    html = render_item(config, {"h": '<b onclick="x()">bold</b><a href="javascript:x()">link</a>' + HOSTILE})
    assert "<b>bold</b>" in html
    assert not re.search(r"<(script|img|a)\b|onclick|onerror|javascript:", html)


def test_render_form_escapes_labels_headings_and_what_was_typed():
    config = parse_config(
        '<View><Text name="t" value="$text"/><Header value="&lt;i&gt;$text"/>'
        '<Choices name="c" toName="t"><Choice value="&lt;b&gt;&quot;x" hint="&lt;u&gt;"/></Choices>'
        '<TextArea name="w" toName="t" placeholder="&quot;&gt;&lt;hr&gt;" maxSubmissions="1"/></View>'
    )
    state = FormState(values={"w": ("</textarea><script>x</script>",)}, errors={"w": "<em>bad</em>"})
    html = render_form(config, state, data={"text": "<s>"})
    assert not re.search(r"<(i|b|u|hr|s|em|script)>", html)
    assert "&lt;b&gt;&quot;x" in html
    assert html.count("</textarea>") == 1


def test_render_item_takes_a_text_of_a_hundred_thousand_characters():
    config = config_of('<TextArea name="w" toName="t" value="$text"/>')
    text = "word and другое слово \n" * 4_500
    review = render_review(config, {"text": text})
    assert len(text) > 100_000
    assert text.splitlines()[0] in review.stage


def test_render_item_puts_data_into_a_box_that_the_keyboard_can_scroll():
    config = config_of(choices(2))
    as_data = render_item(config, {"text": {"a": [1, 2]}})
    assert 'class="looks look-data" tabindex="0"' in as_data
    assert "look-data" not in render_item(config, {"text": "words"})


def test_render_form_of_one_single_choice_is_buttons_that_answer():
    html = render_form(config_of(choices(9)))
    buttons = re.findall(r'<button class="choice" type="submit" name="answer.c" value="([^"]+)" data-key="(\d)"', html)
    assert buttons == [(f"Label {n}", str(n)) for n in range(1, 10)]
    assert "data-primary" not in html
    # Enter in a field beside them presses the first button of the form, so that one must do nothing.
    assert html.lstrip().startswith('<button type="submit" disabled hidden>')


def test_render_form_of_ten_choices_with_a_hotkey_each_is_buttons():
    inner = "".join(f'<Choice value="Label {key}" hotkey="{key}"/>' for key in "1234567890")
    review = render_review(config_of(f'<Choices name="c" toName="t">{inner}</Choices>'), {"text": "x"})
    assert review.layout == "plain"
    assert re.findall(r'data-key="(\d)"', review.dock) == list("1234567890")
    assert "data-filter" not in review.dock


def test_render_form_of_many_choices_has_a_filter_and_no_numbers():
    review = render_review(config_of(choices(77)), {"text": "x"})
    assert review.layout == "many"
    assert review.is_wide
    assert review.dock.count('type="submit" name="answer.c"') == 77
    assert "data-filter" in review.dock
    assert 'form="none"' in review.dock
    assert "data-key=" not in review.dock


@pytest.mark.parametrize(
    ("controls", "kind", "press"),
    [
        ([choices(3)], "submit", True),
        ([choices(3, choice="multiple")], "checkbox", False),
        (['<Rating name="r" toName="t"/>'], "submit", True),
        ([choices(3), '<Rating name="r" toName="t"/>'], "radio", False),
        (['<TextArea name="w" toName="t"/>'], "textarea", False),
    ],
)
def test_one_press_answers_only_where_one_value_is_all_there_is(controls, kind, press):
    review = render_review(config_of(*controls), {"text": "x"})
    assert review.one_press is press
    assert (f'type="{kind}"' in review.dock) or (f"<{kind}" in review.dock)
    assert ("data-primary" in review.dock) is not press


def test_the_first_question_with_options_has_the_number_keys():
    html = render_form(config_of('<TextArea name="w" toName="t"/>', choices(2), '<Rating name="r" toName="t"/>'))
    assert html.count("data-has-keys") == 1
    assert re.findall(r'data-key="(\d)"', html) == ["1", "2"]
    assert re.findall(r'data-own-key="(\d)"', html) == ["1", "2", "1", "2", "3", "4", "5"]


def test_headings_go_with_what_follows_them():
    config = parse_config(
        '<View><Header value="Asked by $who"/><Text name="t" value="$text"/><Header value="Lonely"/>'
        '<Header value="How good?"/><Rating name="r" toName="t"/></View>'
    )
    review = render_review(config, {"who": "a customer", "text": "x"})
    assert 'dir="auto">Asked by a customer</h2>' in review.stage
    assert '<h2 dir="auto">Lonely</h2>' in review.stage
    assert "How good?" in review.dock
    assert "How good?" not in review.stage


def test_a_correction_stands_beside_its_text_and_belongs_to_the_form():
    config = config_of('<TextArea name="w" toName="t" value="$text"/>', choices(2, choice="multiple"))
    review = render_review(config, {"text": "one two"}, FormState(values={"w": ("one three",)}), form_id="f")
    assert review.layout == "correct"
    assert 'form="f"' in review.stage
    assert "<del>two</del><ins>three</ins>" in review.stage
    assert "answer.w" not in review.dock


def test_an_untouched_correction_starts_from_the_models_text():
    config = config_of('<TextArea name="w" toName="t" value="$text"/>')
    assert initial_state(config, {"text": "a\r\nb"}).values == {"w": ("a\nb",)}


def test_a_pair_stands_side_by_side_with_its_keys():
    config = parse_config(
        '<View><Text name="t" value="$a"/><Header value="Second"/><Text name="u" value="$b"/>'
        '<Pairwise name="p" toName="t,u"/></View>'
    )
    review = render_review(config, {"a": "x", "b": "y"})
    assert review.layout == "pairwise"
    assert review.stage.count('<div class="twin">') == 1
    assert re.findall(r'value="(left|right)" data-key="(\d)"', review.dock) == [("left", "1"), ("right", "2")]
    assert re.findall(r"<h2[^>]*>([^<]+)</h2>", review.stage) == ["Left", "Second"]


def test_values_that_are_no_text_show_as_json():
    html = render_item(config_of(choices(2)), {"text": {"turns": ["hi", 1, None]}})
    assert "&quot;turns&quot;" in html


def test_render_diff_is_escaped():
    assert render_diff("a <b>", "a <i>") == "a <del>&lt;b&gt;</del><ins>&lt;i&gt;</ins>"


@pytest.mark.parametrize("template", label_templates(), ids=lambda template: template.slug)
def test_each_ready_template_renders_is_answered_and_checked(template):
    config = parse_config(template.config)
    data = data_from_trace(template.mapping, template.sample)
    review = render_review(config, data)
    example = example_answer(config, data)
    assert answer_words(config, example)
    again = render_review(config, data, state_from_result(config, example, data=data))
    result = parse_answer(config, form_fields(again.stage + again.dock), data=data)
    assert carried(config, result, before=example, data=data) == example
    assert example or not config.controls
    for html in (review.stage, review.dock, again.stage, again.dock, render_item(config, data)):
        assert not re.search(r"<script|<style|\son[a-z]+=|style=", html)
