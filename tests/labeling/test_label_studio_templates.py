"""Every template of Label Studio that needs only the promised tags can be shown, answered and exported."""

import json
import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml
from label_studio_sdk.label_interface.interface import LabelInterface

from apps.core.canonical import canonical_bytes
from apps.labeling.config_report import config_report
from apps.labeling.examples import example_answer
from apps.labeling.form_fields import form_fields
from apps.labeling.result_report import result_reports
from apps.labeling.sample_items import sample_item
from apps.labeling.widgets import parse_answer, render_item, render_review, state_from_result
from apps.labeling.widgets.carry import carried
from apps.projects.labelling import ConfigError, parse_config

REPOSITORY = Path(__file__).parents[2]
TEMPLATES = REPOSITORY / os.environ.get("TOUCHSTONE_DATA", "../shared/data") / "ls_templates"
# Written down here and not asked of our own parser: the tags that the workbench promises.
PROMISED = {
    *("View", "Header", "Style", "Collapse", "Panel", "Filter", "Repeater"),
    *("Text", "HyperText", "Paragraphs", "Image", "List", "Table", "Chat"),
    *("Choices", "Choice", "Taxonomy", "Rating", "Number", "DateTime", "TextArea", "Shortcut", "Pairwise"),
    *("Ranker", "Bucket", "Labels", "HyperTextLabels", "ParagraphLabels", "Label", "Relations", "Relation"),
}


def config_in(file):
    text = file.read_text(encoding="utf-8")
    return text if file.suffix == ".xml" else yaml.safe_load(text)["config"]


def tags_in(xml):
    return {element.tag for element in ElementTree.fromstring(xml.strip()).iter()}


ALL = {str(file.parent.relative_to(TEMPLATES)): config_in(file) for file in sorted(TEMPLATES.rglob("config.*"))}
WANTED = {name: xml for name, xml in ALL.items() if tags_in(xml) <= PROMISED}
OTHERS = {name: tags_in(xml) - PROMISED for name, xml in ALL.items() if not tags_in(xml) <= PROMISED}


def test_the_templates_are_all_there():
    counts = {group: sum(name.startswith(group) for name in ALL) for group in ("current", "english", "core")}
    assert counts == {"current": 69, "english": 39, "core": 51}
    assert len(WANTED) == 90


@pytest.mark.parametrize("name", WANTED)
def test_a_template_is_shown_answered_and_exported(name):
    config = parse_config(WANTED[name])
    data = sample_item(config)
    assert set(config.variables) <= set(data)
    assert render_item(config, data).strip()
    answer = example_answer(config, data)
    asked = [control for control in config.controls if control.kind != "relations"]
    assert answer or not asked
    review = render_review(config, data, state_from_result(config, answer, data=data))
    sent = parse_answer(config, form_fields(f"{review.stage}{review.dock}"), data=data)
    assert carried(config, sent, before=answer, data=data) == answer
    assert sdk_errors(WANTED[name], answer) == []
    exported = json.loads(json.dumps([{"id": 1, "data": data, "annotations": [{"id": 1, "result": answer}]}]))
    assert canonical_bytes(exported[0]["annotations"][0]["result"]) == canonical_bytes(answer)
    assert [(report.problems, report.is_good) for report in result_reports(config, exported)] == [((), True)]


def sdk_errors(xml, result):
    """Label Studio's own check, but for the two places where the SDK refuses what the editor itself gives.

    A nested choice is a path in the editor's results, and the SDK knows only flat ones; where a Chat writes toName, the
    SDK expects the type `chat`.
    """
    has_target = any("toName" in element.attrib for element in ElementTree.fromstring(xml.strip()).iter("Chat"))
    known = [each | {"type": "chat"} if each["type"] == "chatmessage" and has_target else flat(each) for each in result]
    return LabelInterface(xml).validate_prediction({"result": known}, return_errors=True)


def flat(region):
    choices = region.get("value", {}).get("choices")
    if not choices or not isinstance(choices[0], list):
        return region
    return region | {"value": {"choices": [path[-1] for path in choices]}}


@pytest.mark.parametrize("name", WANTED)
def test_a_template_is_reported_as_usable(name):
    report = config_report(name, WANTED[name])
    assert (report.renders, report.answerable, report.unsupported_tags) == (True, True, ())
    assert all("no toName" in problem for problem in report.problems)


@pytest.mark.parametrize("name", OTHERS)
def test_a_template_for_other_tags_is_refused_with_the_tag_named(name):
    with pytest.raises(ConfigError) as caught:
        parse_config(ALL[name])
    assert caught.value.tag in OTHERS[name]
    report = config_report(name, ALL[name])
    assert set(report.unsupported_tags) == OTHERS[name]
    assert (report.renders, report.answerable) == (False, False)
    assert report.problems
