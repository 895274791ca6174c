"""Walks a config once: gathers what is shown and asked, notes what has no effect, refuses what makes no sense."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from apps.core.stored import stored
from apps.projects.labelling.attrs import attr_bool, attr_variable, fail, settings_of, variables_in
from apps.projects.labelling.conditions import read_condition
from apps.projects.labelling.labels import read_labels
from apps.projects.labelling.model import Attr, Condition, Control, DataObject, Kind, Node
from apps.projects.labelling.tags import (
    COMMON,
    CONDITIONS,
    CONTROLS,
    LAYOUT,
    LOOKS,
    MAX_NAME,
    OBJECTS,
    PARTS,
    SUPPORTED,
    ControlTag,
)

# Kept with the config, which is read once for everybody.
_ASKS_NOTHING = stored("It asks nothing: people look at an item and send it on.")
_EMPTY_HEADER = stored("The <Header> of line %(line)s is empty.")
_AIMLESS = stored(
    '<%(tag)s name="%(name)s"> of line %(line)s has no toName: Label Studio keeps no answer to it, so it is not asked.'
)
_IGNORED = stored('The attribute "%(attr)s" of <%(tag)s> is ignored: it has no effect here.')


class Reader:
    """Walks the tree once and gathers; then links controls to objects."""

    def __init__(self) -> None:
        self.objects: list[DataObject] = []
        self.controls: list[Control] = []
        self.variables: list[str] = []
        self.notes: list[str] = []
        self.problems: list[str] = []
        self.named: dict[str, Node] = {}
        self.aimless: list[Node] = []
        self.is_per_item = False
        self.flag = ""  # of the Repeater that it is in

    def read(self, node: Node, above: tuple[Condition, ...]) -> None:
        """`above`: the conditions of what it stands in."""
        if node.tag not in SUPPORTED:
            raise fail(
                node, _("This tag is not supported. Supported are %(tags)s.") % {"tags": ", ".join(sorted(SUPPORTED))}
            )
        own = read_condition(node)
        conditions = (*above, own) if own else above
        if node.tag in LAYOUT:
            self._layout(node, conditions)
        elif node.tag in OBJECTS:
            self._object(node)
            if node.tag in CONTROLS:
                self._control(node, conditions)
        elif node.tag in CONTROLS:
            self._control(node, conditions)
        else:
            raise fail(node, _("It stands only inside %(homes)s.") % {"homes": _homes(node.tag)})

    def refuse_empty(self, root: Node) -> None:
        """A config must show or ask something."""
        if not self.controls:
            self.refuse_aimless("toName")
        if not self.controls and not self.objects:
            raise fail(
                root,
                _("It shows nothing and asks nothing. Add one of %(tags)s.") % {"tags": ", ".join(sorted(CONTROLS))},
            )
        if not self.controls:
            self.notes.append(_ASKS_NOTHING)

    def refuse_aimless(self, finding: str) -> None:
        """What stands against a config may be that a control is about nothing."""
        if self.aimless and "toName" in finding:
            raise fail(self.aimless[0], _("It has no toName, so it asks about nothing."))

    def link(self) -> None:
        """Every toName must name an object."""
        objects = {found.name: found.tag for found in self.objects}
        for control in self.controls:
            for target in control.to_name:
                self._check_target(control, target, objects)
        self._add_relations()

    def _layout(self, node: Node, conditions: tuple[Condition, ...]) -> None:
        tag = LAYOUT[node.tag]
        self._note_unused(node, tag.attrs)
        if node.tag == "Header" and not (node.get("value") or node.text).strip():
            self.notes.append(_EMPTY_HEADER % {"line": node.line})
        if node.tag in ("Header", "Markdown"):
            self.variables += variables_in(node.get("value") or node.text)
        if node.tag == "Panel":
            self.variables += variables_in(node.get("value"))
        if node.tag == "Repeater":
            self.is_per_item = True
            self.variables += variables_in(attr_variable(node, "on"))
        if not tag.holds:
            self._childless(node)
        outer = self.flag
        if node.tag == "Repeater":
            self.flag = node.get("indexFlag") or "{{idx}}"
        for child in node.children:
            self.read(child, conditions)
        self.flag = outer

    def _object(self, node: Node) -> None:
        tag = OBJECTS[node.tag]
        self._childless(node)
        self._name(node)
        self._refuse(node, tag.refused)
        if node.tag not in CONTROLS:
            self._note_unused(node, {"name", "value", *_lower(tag.settings), *_lower(tag.refused)})
        value = node.get("value") or node.get("valueList")
        if not value.strip():
            raise fail(node, _('It has no value; write value="$variable".'))
        names = variables_in(value)
        settings = settings_of(node, tag.settings)
        self.objects.append(DataObject(node.name, node.tag, names[0] if names else "", node.line, value, settings))
        self.variables += names

    def _control(self, node: Node, conditions: tuple[Condition, ...]) -> None:
        tag = CONTROLS[node.tag]
        if node.tag == "Relations":
            self.controls.append(self._relations(node, tag))
            return
        if node.tag not in OBJECTS:
            self._name(node)
        if node.tag != "Chat" and not node.attrs.get("toName", "").strip():
            self._note_aimless(node)
            return
        self._refuse(node, tag.refused)
        self._check_inside(node, tag)
        self._note_unused(node, {*COMMON, "value", *_lower(tag.settings), *_lower(tag.refused)})
        self.controls.append(self._question(node, tag, conditions))

    def _question(self, node: Node, tag: ControlTag, conditions: tuple[Condition, ...]) -> Control:
        value = node.get("value")
        labels_from = attr_variable(node) if tag.labels and value else ""
        self.variables += variables_in(labels_from or (value if tag.start else ""))
        attrs = settings_of(node, tag.settings) | {"requiredMessage": node.get("requiredMessage")}
        labels = read_labels(node, tag, notes=self.notes) if tag.labels else ()
        if tag.labels and not labels and not labels_from:
            raise fail(node, _("It has no <%(labels)s> to choose from.") % {"labels": tag.labels})
        told = [name for label in labels for name in variables_in(label.text)]
        self.variables += told
        self.is_per_item |= bool(labels_from or told)
        return Control(
            name=node.name,
            tag=node.tag,
            to_name=self._targets(node, tag),
            kind=_kind(node, tag, attrs),
            line=node.line,
            required=attr_bool(node, "required"),
            labels=labels,
            attrs=attrs,
            start=value if tag.start else "",
            labels_from=labels_from,
            labels_told=bool(told),
            labels_open=bool(labels_from or told),
            per_region=attr_bool(node, "perRegion"),
            per_item=attr_bool(node, "perItem"),
            conditions=conditions,
            repeated=self.flag,
            node=node,
        )

    def _relations(self, node: Node, tag: ControlTag) -> Control:
        if any(control.tag == "Relations" for control in self.controls):
            raise fail(node, _("A config holds <Relations> once."))
        labels = read_labels(node, tag, notes=self.notes)
        self._note_unused(node, {"name", *_lower(tag.settings)})
        return Control(
            name=self._free_name(node.name or "relations"),
            tag=node.tag,
            to_name=(),
            kind=tag.kind,
            line=node.line,
            labels=labels,
            attrs=settings_of(node, tag.settings) | {"requiredMessage": "", "is_written": True},
            node=node,
        )

    def _add_relations(self) -> None:
        """Spans can be related where the config has no <Relations>, too: without a label, as in Label Studio."""
        if not any(control.kind == "spans" for control in self.controls):
            return
        if any(control.kind == "relations" for control in self.controls):
            return
        attrs: dict[str, Attr] = {"choice": "single", "requiredMessage": "", "is_written": False}
        name = self._free_name("relations")
        self.controls.append(Control(name, "Relations", (), "relations", self.controls[-1].line, attrs=attrs))

    def _free_name(self, name: str) -> str:
        while name in self.named:
            name += "_"
        return name

    def _check_inside(self, node: Node, tag: ControlTag) -> None:
        """What may not stand inside a control without labels; with labels, reading them says so."""
        for child in node.children if not tag.labels else ():
            if child.tag not in tag.parts and child.tag != "Style":
                raise fail(child, _("It cannot stand inside <%(tag)s>.") % {"tag": node.tag})
        for child in node.children:
            self._note_parts(child)

    def _note_parts(self, node: Node) -> None:
        if node.tag in PARTS:
            self._note_unused(node, PARTS[node.tag])
        self.variables += variables_in(node.get("value")) if node.tag == "Header" else ()
        for child in node.children:
            self._note_parts(child)

    def _note_aimless(self, node: Node) -> None:
        """Label Studio keeps no answer of a control that is about nothing, so it is not asked here either."""
        other = next((attr for attr in node.attrs if attr.lower() == "toname"), "")
        if other and other != "toName":
            raise fail(
                node,
                _('It has no toName, so it asks about nothing. It is written toName, not "%(other)s".')
                % {"other": other},
            )
        self.aimless.append(node)
        self.problems.append(_AIMLESS % {"tag": node.tag, "name": node.name, "line": node.line})

    def _note_unused(self, node: Node, read: frozenset[str] | set[str]) -> None:
        for attr in node.attrs:
            if attr.lower() not in read | CONDITIONS | LOOKS:
                self.notes.append(_IGNORED % {"attr": attr, "tag": node.tag})

    @staticmethod
    def _refuse(node: Node, refused: Mapping[str, tuple[str, ...]]) -> None:
        for attr, allowed in refused.items():
            given = node.get(attr).strip()
            if not given or given.lower() in allowed:
                continue
            sentence = _('%(attr)s="%(given)s" is not supported: it would change what is asked.')
            if allowed:
                sentence = _('%(attr)s="%(given)s" is not supported; only "%(allowed)s" is.')
            raise fail(node, sentence % {"attr": attr, "given": given, "allowed": allowed[0] if allowed else ""})

    def _name(self, node: Node) -> None:
        name = node.name
        if not name.strip():
            raise fail(node, _("It has no name."))
        if len(name) > MAX_NAME or any(char in name for char in ",\n\r\t"):
            raise fail(
                node,
                _("Its name must be one line without commas, of at most %(max_name)s characters.")
                % {"max_name": MAX_NAME},
            )
        if self.flag and self.flag not in name:
            raise fail(
                node,
                _('Inside <Repeater> its name must hold "%(flag)s", as each copy needs a name of its own.')
                % {"flag": self.flag},
            )
        if name in self.named:
            other = self.named[name]
            raise fail(
                node,
                _('The name "%(name)s" is already taken by <%(tag)s> on line %(line)s.')
                % {"name": name, "tag": other.tag, "line": other.line},
            )
        self.named[name] = node

    def _targets(self, node: Node, tag: ControlTag) -> tuple[str, ...]:
        text = node.attrs.get("toName") or node.name
        targets = tuple(word.strip() for word in text.split(","))
        wanted = tag.n_objects or len(targets)
        if len(targets) != wanted or len(set(targets)) != len(targets):
            sentence = _('toName="%(text)s" must name one object.')
            if wanted != 1:
                sentence = _('toName="%(text)s" must name %(n)s different objects, divided by a comma.')
            raise fail(node, sentence % {"text": text, "n": wanted})
        return targets

    def _check_target(self, control: Control, target: str, objects: dict[str, str]) -> None:
        node = self.named[control.name]
        allowed = CONTROLS[control.tag].objects
        if target in objects:
            if allowed and objects[target] not in allowed:
                raise fail(
                    node,
                    _("It can be about %(allowed)s, not about <%(tag)s>.")
                    % {"allowed": _(" or ").join(sorted(allowed)), "tag": objects[target]},
                )
            return
        if target in self.named:
            other = self.named[target]
            raise fail(
                node,
                _('toName="%(target)s" is a <%(tag)s>, not something to look at.')
                % {"target": target, "tag": other.tag},
            )
        raise fail(node, _('toName="%(target)s" names no object of this config.') % {"target": target})

    @staticmethod
    def _childless(node: Node) -> None:
        if node.children:
            raise fail(node.children[0], _("It cannot stand inside <%(tag)s>.") % {"tag": node.tag})


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _homes(part: str) -> str:
    return _(" or ").join(f"<{name}>" for name, tag in CONTROLS.items() if part == tag.labels or part in tag.parts)


def _kind(node: Node, tag: ControlTag, attrs: Mapping[str, Attr]) -> Kind:
    if node.tag != "Choices":
        return tag.kind
    if attrs["allowNested"]:
        return "taxonomy"
    return "multilabel" if attrs["choice"] == "multiple" else "categorical"
