"""What a config means, and what is said about one that means nothing."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.projects.label_templates import label_template, label_templates
from apps.projects.labelling import ConfigError, check_mapping, data_from_trace, parse_config
from apps.projects.labelling.tags import CONTROLS
from apps.projects.labelling.xmltree import MAX_BYTES

TEXT = '<Text name="t" value="$text"/>'
CHOICES = '<Choices name="c" toName="t"><Choice value="a"/></Choices>'


def view(*lines):
    return "\n".join(["<View>", *lines, "</View>"])


def test_parse_config_reads_objects_controls_and_labels():
    config = parse_config(
        view(
            '<Header value="About $who"/>',
            TEXT,
            '<Choices name="c" toName="t" choice="multiple" required="true">',
            '<View><Choice value="A a" alias="a" hotkey="x" hint="first" background="red"/></View><Choice value="b"/>',
            "</Choices>",
            '<Rating name="r" toName="t" maxRating="7"/>',
            '<TextArea name="w" toName="t" value="$draft" rows="3" placeholder="Write"/>',
        )
    )
    assert config.variables == ("who", "text", "draft")
    assert [(found.name, found.variable, found.line) for found in config.objects] == [("t", "text", 3)]
    choices, rating, words = config.controls
    assert (choices.kind, choices.required, choices.multiple, choices.line) == ("multilabel", True, True, 4)
    assert [(label.value, label.text, label.hotkey, label.hint) for label in choices.labels] == [
        ("a", "A a", "x", "first"),
        ("b", "b", "", ""),
    ]
    assert (rating.kind, rating.attrs["maxRating"], rating.classes[-1]) == ("ordinal", 7, "7")
    assert (words.start, words.attrs["rows"], words.attrs["placeholder"]) == ("$draft", 3, "Write")
    assert config.primary is choices
    assert config.sha256 == hashlib.sha256(config.xml.encode()).hexdigest()


def test_parse_config_takes_the_first_control_that_is_not_text_as_primary():
    config = parse_config(view(TEXT, '<TextArea name="w" toName="t"/>', CHOICES))
    assert (config.primary.name, config.kind, config.classes) == ("c", "categorical", ("a",))


def test_parse_config_is_cached_by_its_text():
    assert parse_config(view(TEXT, CHOICES)) is parse_config(view(TEXT, CHOICES))


def test_parse_config_notes_what_has_no_effect():
    config = parse_config(
        view('<Text name="t" value="$text" zoom="true"/>', CHOICES, '<Rating name="r" maxRating="3"/>')
    )
    assert any('"zoom"' in note for note in config.notes)
    assert any('name="r"' in problem and "toName" in problem for problem in config.problems)
    assert [control.name for control in config.controls] == ["c"]


def test_parse_config_does_not_read_what_is_commented_out():
    config = parse_config(view(f"<!-- {TEXT} -->", TEXT, CHOICES))
    assert len(config.objects) == 1


@pytest.mark.parametrize(
    ("xml", "tag", "line", "words"),
    [
        ("", "View", 1, "well-formed"),
        ("<View>\n<Text", "View", 2, "well-formed"),
        ("<View>\n&nbsp;</View>", "View", 2, "well-formed"),
        ('<!DOCTYPE View [<!ENTITY a "b">]>\n<View/>', "!DOCTYPE", 1, "DTD"),
        ('<!DOCTYPE View SYSTEM "file:///etc/passwd">\n<View/>', "!DOCTYPE", 1, "DTD"),
        ('\n\n<!DOCTYPE View SYSTEM "http://example.org/x">\n<View/>', "!DOCTYPE", 3, "DTD"),
        ("<View>\n\ud800</View>", "View", 2, "Unicode"),
        ("<View>\x00</View>", "View", 1, "well-formed"),
        ("<View>" * 31, "View", 1, "nested"),
        ("<View>" + "<View/>" * 5000 + "</View>", "View", 1, "5,000 tags"),
        ("<View>" + " " * MAX_BYTES + "</View>", "View", 1, "bytes"),
        ("<Choices/>", "Choices", 1, "starts with"),
        ("<View/>", "View", 1, "shows nothing and asks nothing"),
        (view(TEXT, '<Brush name="b" toName="t"/>'), "Brush", 3, "not supported"),
        (view('<Audio name="t" value="$text"/>'), "Audio", 2, "not supported"),
        (view(TEXT, "<script/>"), "script", 3, "not supported"),
        (view(TEXT, TEXT, CHOICES), "Text", 3, "already taken"),
        (view(TEXT, CHOICES.replace('"c"', '"t"')), "Choices", 3, "already taken"),
        (view(TEXT, CHOICES.replace(' toName="t"', "")), "Choices", 3, "no toName"),
        (view(TEXT, CHOICES.replace("toName", "toname")), "Choices", 3, "written toName"),
        (view(TEXT, CHOICES.replace('toName="t"', 'toName="u"')), "Choices", 3, "names no object"),
        (view(TEXT, CHOICES, '<Rating name="r" toName="c"/>'), "Rating", 4, "is a <Choices>"),
        (view(TEXT, '<Choices name="c" toName="t"></Choices>'), "Choices", 3, "no <Choice>"),
        (view(TEXT, '<Choices name="c" toName="t"><Choice/></Choices>'), "Choice", 3, "no value"),
        (view(TEXT, '<Choices name="c" toName="t"><Choice value="a"/><Choice value="b" alias="a"/></Choices>'),
         "Choice", 3, "already"),
        (view(TEXT, '<Choices name="c" toName="t" value="labels"/>'), "Choices", 3, "not a variable"),
        (view(TEXT, '<Choices name="c" toName="t" choice="some"><Choice value="a"/></Choices>'),
         "Choices", 3, "single"),
        (view(TEXT, CHOICES.replace("toName", 'perRegion="perhaps" toName')), "Choices", 3, "neither true nor false"),
        (view(TEXT, CHOICES.replace("toName", 'visibleWhen="never" toName')), "Choices", 3, "visibleWhen"),
        (view(TEXT, CHOICES.replace("toName", 'whenChoiceIndex="x" toName')), "Choices", 3, "whole numbers"),
        (view(TEXT, CHOICES.replace("toName", 'required="perhaps" toName')), "Choices", 3, "neither true nor false"),
        (view('<Text name="t"/>', CHOICES), "Text", 2, "no value"),
        (view('<Text value="$text"/>', CHOICES), "Text", 2, "no name"),
        (view('<Text name="t" value="$text" valueType="url"/>', CHOICES), "Text", 2, "valueType"),
        (view('<Text name="t" value="$text"><View/></Text>', CHOICES), "View", 2, "cannot stand inside"),
        (view(TEXT, '<Choice value="a"/>'), "Choice", 3, "only inside"),
        (view(TEXT, '<Rating name="r" toName="t" maxRating="five"/>'), "Rating", 3, "whole number"),
        (view(TEXT, '<Rating name="r" toName="t" maxRating="0"/>'), "Rating", 3, "whole number"),
        (view(TEXT, '<TextArea name="w" toName="t" rows="-1"/>'), "TextArea", 3, "whole number"),
        (view(TEXT, '<Pairwise name="p" toName="t"/>'), "Pairwise", 3, "2 different objects"),
        (view(TEXT, '<Pairwise name="p" toName="t,t"/>'), "Pairwise", 3, "2 different objects"),
        (view(TEXT, '<Rating name="r" toName="t,u"/>'), "Rating", 3, "names no object"),
    ],
)  # fmt: skip
def test_parse_config_names_tag_and_line(xml, tag, line, words):
    with pytest.raises(ConfigError) as caught:
        parse_config(xml)
    assert (caught.value.tag, caught.value.line) == (tag, line)
    assert words in caught.value.message
    assert caught.value.message.startswith(f"<{tag}>, line {line}: ")


def test_parse_config_refuses_an_entity_bomb_at_once():
    bomb = (
        "<!DOCTYPE z [" + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9)) + "]><View>&a8;</View>"
    )
    with pytest.raises(ConfigError):
        parse_config(bomb)


def attempt(xml):
    try:
        return parse_config(xml)
    except ConfigError as exc:
        return exc


_TAGS = st.sampled_from(["View", "Text", "Choices", "Choice", "Rating", "TextArea", "Pairwise", "Header", "Style", "X"])
_ATTRS = st.dictionaries(
    st.sampled_from(["name", "toName", "value", "choice", "maxRating", "rows", "required", "alias", "hotkey", "style"]),
    st.sampled_from(["t", "u", "t,u", "$a", "$", "single", "multiple", "3", "-1", "true", "&amp;", "é"]),
    max_size=5,
)


def _element(children):
    return st.builds(
        lambda tag, attrs, inside: (
            f"<{tag} " + " ".join(f'{k}="{v}"' for k, v in attrs.items()) + ">" + "".join(inside) + f"</{tag}>"
        ),
        _TAGS,
        _ATTRS,
        st.lists(children, max_size=4),
    )


@settings(max_examples=300)
@given(st.recursive(_element(st.just("")), _element, max_leaves=12).map(lambda inner: f"<View>{TEXT}{inner}</View>"))
def test_parse_config_of_any_tree_is_a_config_or_a_config_error(xml):
    found = attempt(xml)
    assert found.line >= 1 if isinstance(found, ConfigError) else found.objects


@settings(max_examples=300)
@given(st.text() | st.text(alphabet="<>/&;!?[]\"'=-$ \nViewTxtChos").map(lambda inner: f"<View>{inner}</View>"))
def test_parse_config_of_any_text_is_a_config_or_a_config_error(xml):
    found = attempt(xml)
    assert found.line >= 1 if isinstance(found, ConfigError) else found.objects


@pytest.mark.parametrize("template", label_templates(), ids=lambda template: template.slug)
def test_label_template_parses_and_fits_its_sample(template):
    config = parse_config(template.config)
    check_mapping(config, template.mapping)
    data = data_from_trace(template.mapping, template.sample)
    assert set(data) == set(config.variables)
    assert not config.notes
    assert label_template(template.slug) is template


def test_label_templates_have_words_of_their_own_and_cover_every_question():
    templates = label_templates()
    assert len({template.slug for template in templates}) == len(templates)
    asked = {control.tag for template in templates for control in parse_config(template.config).controls}
    assert asked == set(CONTROLS)
    assert all(template.title and template.description.endswith(".") for template in templates)
    assert label_template("nothing") is None
