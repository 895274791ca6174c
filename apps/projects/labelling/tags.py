"""Every tag that a config may hold: what its attributes mean, and which of them are refused.

A new tag is one line here and one line in `apps/labeling/widgets/registry.py`; a test holds the two lists together.
Attributes that are not listed are noted as without effect; those in `refused` would change what is asked: errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.projects.labelling.attrs import Setting, flag, number, one_of, value_type, whole, whole_or_variable, words
from apps.projects.labelling.model import Kind

MAX_NAME = 100
MAX_RATING = 100

# Read by the parser itself on every control.
COMMON = frozenset({"name", "toname", "required", "requiredmessage", "perregion", "peritem"})
LOOKS = frozenset({"style", "classname"})  # read by `looks`, of whatever tag
CONDITIONS = frozenset(
    {"visiblewhen", "whentagname", "whenlabelvalue", "whenchoicevalue", "whenchoiceindex", "whenrole"}
)


@dataclass(frozen=True, slots=True)
class LayoutTag:
    """Arranges or names; nothing in it can change an answer. `holds`: whether other tags stand inside."""

    attrs: frozenset[str] = frozenset()
    holds: bool = True


@dataclass(frozen=True, slots=True)
class ObjectTag:
    """Something to look at. `refused`: attribute to the only value that may be given."""

    settings: Mapping[str, Setting] = field(default_factory=dict)
    refused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ControlTag:
    """A question.

    Args:
        kind: how its answers are aggregated.
        settings: its own attributes, typed and with their defaults.
        n_objects: how many names its toName must hold; 0: one or more.
        objects: the tags of the objects that it can be about; empty: all.
        labels: the tag of the labels that stand inside; empty: it has none.
        nests: whether labels stand inside labels.
        parts: other tags that may stand inside.
        start: whether its value is what an answer starts from.
        refused: attribute to the only values that may be given.
    """

    kind: Kind
    settings: Mapping[str, Setting] = field(default_factory=dict)
    n_objects: int = 0
    objects: frozenset[str] = frozenset()
    labels: str = ""
    nests: bool = False
    parts: frozenset[str] = frozenset()
    start: bool = False
    refused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_SPANS: dict[str, Setting] = {
    "choice": one_of("single", "multiple"),
    "maxUsages": whole(0, low=0, high=100_000),
    "showInline": flag(True),
    "allowEmpty": flag(),
}

LAYOUT: dict[str, LayoutTag] = {
    "View": LayoutTag(frozenset({"style", "classname", "display", "idattr"})),
    "Collapse": LayoutTag(frozenset({"accordion", "bordered", "open"})),
    "Panel": LayoutTag(frozenset({"value", "open"})),
    "Header": LayoutTag(frozenset({"value", "size", "style", "classname", "underline", "name"}), holds=False),
    "Markdown": LayoutTag(frozenset({"value", "style", "classname", "idattr"}), holds=False),
    "Filter": LayoutTag(frozenset({"name", "toname", "placeholder", "minlength", "casesensitive"}), holds=False),
    "Style": LayoutTag(holds=False),
    "Repeater": LayoutTag(frozenset({"on", "indexflag", "mode"})),
}
OBJECTS: dict[str, ObjectTag] = {
    "Text": ObjectTag(
        settings={
            "granularity": one_of("symbol", "word", "sentence", "paragraph"),
            "saveTextResult": one_of("yes", "no", "none"),
            "selectionEnabled": flag(True),
            "highlightColor": words(),
            "encoding": one_of("none", "base64", "base64unicode"),
        },
        refused={"valueType": ("text",)},
    ),
    "HyperText": ObjectTag(
        settings={
            "granularity": one_of("symbol", "word", "sentence", "paragraph"),
            "saveTextResult": one_of("yes", "no", "none"),
            "selectionEnabled": flag(True),
            "clickableLinks": flag(),
            "inline": flag(),
            "highlightColor": words(),
            "encoding": one_of("none", "base64", "base64unicode"),
        },
        refused={"valueType": ("text",)},
    ),
    "Paragraphs": ObjectTag(
        settings={
            "layout": one_of("none", "dialogue"),
            "nameKey": words("author"),
            "textKey": words("text"),
            "granularity": one_of("paragraph", "symbol", "word", "sentence", default="symbol"),
            "saveTextResult": one_of("yes", "no", "none"),
            "showPlayer": flag(),
        },
        refused={"valueType": ("json", "text"), "audioUrl": ()},
    ),
    "Image": ObjectTag(
        settings={"valueList": words(), "width": words(), "maxWidth": words(), "alt": words()},
    ),
    "List": ObjectTag(settings={"title": words()}),
    "Table": ObjectTag(settings={"valueType": value_type}),
    "Chat": ObjectTag(
        settings={
            "messageroles": words("user,assistant"),
            "editable": words("true"),
            "minMessages": whole_or_variable(0, low=0, high=10_000),
            "maxMessages": whole_or_variable(0, low=0, high=10_000),
        },
    ),
}
CONTROLS: dict[str, ControlTag] = {
    "Choices": ControlTag(
        kind="categorical",
        settings={
            "choice": one_of("single", "single-radio", "multiple"),
            "layout": one_of("vertical", "inline", "select"),
            "showInline": flag(),
            "allowNested": flag(),
        },
        labels="Choice",
        nests=True,
        refused={"apiUrl": ()},
    ),
    "Taxonomy": ControlTag(
        kind="taxonomy",
        settings={
            "leafsOnly": flag(),
            "showFullPath": flag(),
            "pathSeparator": words(" / "),
            "maxUsages": whole(0, low=0, high=100_000),
            "placeholder": words(),
            "legacy": flag(),
            "allowAddLabels": flag(),
        },
        labels="Choice",
        nests=True,
        refused={"apiUrl": (), "labeling": ("false",)},
    ),
    "Rating": ControlTag(
        kind="ordinal",
        settings={
            "maxRating": whole(5, low=1, high=MAX_RATING),
            "icon": words("star"),
            "size": words(),
            "defaultValue": whole(0, low=0, high=MAX_RATING),
        },
    ),
    "Number": ControlTag(
        kind="number",
        settings={
            "min": number(),
            "max": number(),
            "step": number(),
            "defaultValue": number(),
            "slider": flag(),
        },
    ),
    "DateTime": ControlTag(
        kind="datetime",
        settings={
            "only": words(),
            "format": words(),
            "min": words(),
            "max": words(),
            "showDate": flag(),
            "showTime": flag(),
        },
    ),
    "TextArea": ControlTag(
        kind="text",
        settings={
            "rows": whole(4, low=1, high=1_000),
            "placeholder": words(),
            "maxSubmissions": whole(0, low=0, high=1_000),
            "editable": flag(),
            "skipDuplicates": flag(),
            "transcription": flag(),
        },
        parts=frozenset({"Shortcut"}),
        start=True,
    ),
    "Pairwise": ControlTag(
        kind="pairwise", settings={"leftClass": words("left"), "rightClass": words("right")}, n_objects=2
    ),
    "Ranker": ControlTag(kind="ranking", objects=frozenset({"List"}), n_objects=1, parts=frozenset({"Bucket"})),
    "Labels": ControlTag(
        kind="spans", settings=_SPANS, objects=frozenset({"Text", "HyperText", "Paragraphs"}), labels="Label"
    ),
    "HyperTextLabels": ControlTag(
        kind="spans", settings=_SPANS, objects=frozenset({"HyperText", "Text"}), labels="Label"
    ),
    "ParagraphLabels": ControlTag(kind="spans", settings=_SPANS, objects=frozenset({"Paragraphs"}), labels="Label"),
    "Chat": ControlTag(kind="chat", settings=OBJECTS["Chat"].settings),
    "Relations": ControlTag(kind="relations", settings={"choice": one_of("single", "multiple")}, labels="Relation"),
}
# What may stand only inside another tag, and what is read of it.
PARTS: dict[str, frozenset[str]] = {
    "Choice": frozenset({"value", "alias", "hotkey", "background", "color", "hint", "html", "selected"}),
    "Label": frozenset(
        {"value", "alias", "hotkey", "background", "hint", "html", "maxusages", "selected", "granularity"}
    ),
    "Relation": frozenset({"value", "background"}),
    "Bucket": frozenset({"name", "title", "default"}),
    "Shortcut": frozenset({"value", "alias", "hotkey", "background"}),
}
SUPPORTED = frozenset(LAYOUT) | frozenset(OBJECTS) | frozenset(CONTROLS) | frozenset(PARTS)
_SPELLING = {tag.lower(): tag for tag in SUPPORTED}


def spelt(tag: str) -> str:
    """A tag as Label Studio documents it: its editor reads names however they are capitalised."""
    return _SPELLING.get(tag.lower(), tag)
