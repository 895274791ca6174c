"""Every widget in a browser by mouse, by finger at 360 px and by the keyboard alone; then shown and sent again."""

import pytest
from label_studio_sdk.label_interface.interface import LabelInterface

from apps.labeling import widgets
from apps.projects.labelling import parse_config
from tests.e2e import urls_with_widgets
from tests.e2e.conftest import PHONE
from tests.e2e.hands import Hand
from tests.e2e.widget_configs import WIDGETS
from tests.e2e.widget_steps import STEPS

pytestmark = pytest.mark.usefixtures("widget_bench")


def received():
    return urls_with_widgets.received[-1]


def told(region):
    """A region as the steps name it."""
    value = region.get("value", {})
    if region["type"] == "relation":
        return "relation"
    if "choices" in value:
        return tuple(value["choices"])
    if "chatmessage" in value:
        return value["chatmessage"]["content"]
    return (value["text"], *value[region["type"]])


def test_every_widget_of_the_registry_is_walked():
    """A new widget comes with its steps for all three hands."""
    tags = {control.tag for name in STEPS for control in parse_config(WIDGETS[name][0]).controls}
    assert tags == set(widgets.WIDGETS)


# Label Studio's own check knows no paths in choices, although its editor writes them, and writes no Repeater out.
UNCHECKED = ("nested", "nested_one", "repeater")


@pytest.mark.timeout(900)  # it walks them all
@pytest.mark.parametrize("kind", ["mouse", "touch", "keys"])
def test_each_widget_is_answered_and_shown_again(open_page, kind):
    finger = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if kind == "touch" else {}
    page = open_page(**finger)
    for name, steps in STEPS.items():
        page.goto(f"/widgets/{name}/")
        page.wait_for_load_state("networkidle")  # the widget's own script is there
        hand = Hand(page, kind)
        expected = steps(hand, page)
        hand.send()
        if isinstance(expected, dict):
            assert {region["from_name"]: region["value"] for region in received()} == expected, name
        else:
            assert [told(region) for region in received()] == expected, name
        if name not in UNCHECKED:
            assert LabelInterface(WIDGETS[name][0]).validate_annotation({"result": received()}), name
        page.goto(f"/widgets/{name}/?again")
        page.wait_for_load_state("networkidle")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        assert urls_with_widgets.received[-1] == urls_with_widgets.received[-2], name
