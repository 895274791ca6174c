"""Known answers with questions about regions, images and messages, and with links."""

import pytest

from apps.consensus.algorithms.agreement_regions import Region, matches
from apps.consensus.services.known_answers import answer_is_right, is_comparable
from apps.labeling.widgets import check_result
from apps.projects.labelling import parse_config
from tests.consensus.controls import SPANS, TEXT, config_xml, person, region

ABOUT = (
    '<Choices name="sort" toName="message" perRegion="true"><Choice value="Founder"/><Choice value="Place"/></Choices>'
)
SURE = '<Rating name="sure" toName="message" maxRating="5" perRegion="true"/>'
LINKS = '<Relations><Relation value="owns"/><Relation value="made"/></Relations>'
BILL, MICROSOFT, CITY = (0, 10), (19, 28), (32, 43)


def is_right(own, known, *controls, data=None):
    config = parse_config(config_xml(SPANS, *controls))
    shown = data or {"message": TEXT}
    for result in (own, known):
        check_result(config, result, data=shown)
    return answer_is_right(config, shown, label="", result=own, known_label="", known_result=known)


def three(prefix="k", **moved):
    """Three regions; `moved` by their name in this answer."""
    places = {"a": BILL, "b": MICROSOFT, "c": CITY} | moved
    return [person(*place, name=f"{prefix}{name}") for name, place in places.items() if place]


def about(owner, answer, name="sort"):
    said = {"choices": [answer]} if name == "sort" else {"rating": answer}
    kind = "choices" if name == "sort" else "rating"
    place = {key: value for key, value in owner["value"].items() if key != "labels"}
    return region(name, kind, {**place, **said}, id=owner["id"])


def link(one, other, label="owns", direction="right"):
    return {"type": "relation", "from_id": one["id"], "to_id": other["id"], "direction": direction, "labels": [label]}


def asked(marks, *said, name="sort"):
    return [*marks, *(about(mark, answer, name) for mark, answer in zip(marks, said, strict=True) if answer)]


KNOWN = asked(three(), "Founder", "Place", "Place")


@pytest.mark.parametrize(
    ("own", "right"),
    [
        (asked(three("o"), "Founder", "Place", "Place"), True),
        (asked(three("o", a=(0, 12)), "Founder", "Place", "Place"), True),  # overlap 10 of 12
        (asked(three("o"), "Place", "Place", "Place"), False),  # 2 · 2 of 6
        (asked(three("o"), None, "Place", "Place"), True),  # 2 · 2 of 5
        (asked(three("o"), None, None, "Place"), False),  # 2 · 1 of 4
        (asked(three("o", c=None), "Founder", "Place"), True),  # one missed: 2 · 2 of 5, marked and said
        (asked(three("o", d=(11, 18)), "Founder", "Place", "Place", "Place"), True),  # one too many: 2 · 3 of 7
        (three("o"), False),
    ],
)
def test_what_is_said_about_regions_is_right_by_f1(own, right):
    assert is_right(own, KNOWN, ABOUT) is right


def test_ids_of_regions_mean_nothing_between_answers():
    """The other answer's ids in another order: only the places tell which region is which."""
    turned = [person(*place, name=f"k{name}") for name, place in zip("cab", (BILL, MICROSOFT, CITY), strict=True)]
    assert is_right(asked(turned, "Founder", "Place", "Place"), KNOWN, ABOUT)
    assert not is_right(asked(turned, "Place", "Founder", "Place"), KNOWN, ABOUT)


@pytest.mark.parametrize(("own", "right"), [((5, 3, 1), True), ((4, 2, 2), True), ((2, 3, 1), False)])
def test_about_regions_each_kind_keeps_its_own_measure(own, right):
    """One star away is right; two of three right are 4 of 6."""
    assert is_right(asked(three("o"), *own, name="sure"), asked(three(), 5, 3, 1, name="sure"), SURE) is right


def linked(prefix, *pairs, **fields):
    marks = three(prefix)
    return [*marks, *(link(marks[one], marks[other], **fields) for one, other in pairs)]


@pytest.mark.parametrize(
    ("own", "right"),
    [
        (linked("o", (0, 1), (1, 2)), True),
        (linked("o", (1, 2), (0, 1)), True),
        (linked("o", (0, 1), (1, 2), (0, 2)), True),  # 2 · 2 of 5
        (linked("o", (0, 1)), False),  # 2 · 1 of 3
        (linked("o", (1, 0), (1, 2)), False),  # the other way round
        (linked("o", (1, 0), (2, 1), direction="left"), True),  # drawn from the other end
        (linked("o", (0, 1), (1, 2), label="made"), False),
        (linked("o"), False),
    ],
)
def test_links_are_right_by_their_ends_and_labels(own, right):
    assert is_right(own, linked("k", (0, 1), (1, 2)), LINKS) is right


def test_a_link_to_a_region_that_the_other_has_not_is_wrong():
    """The regions are right by F1 (4 of 5), the links are not: one of two ends nowhere."""
    marks = three("o", c=None)
    assert is_right([*marks, link(marks[0], marks[1])], linked("k", (0, 1)), LINKS)
    assert not is_right([*marks, link(marks[0], marks[1])], linked("k", (0, 1), (1, 2)), LINKS)
    assert is_right(three("o"), three(), LINKS)


def test_each_image_is_a_place_of_its_own():
    xml = (
        '<View><Image name="pages" valueList="$pages"/><Choices name="page" toName="pages" perItem="true">'
        '<Choice value="Blank"/><Choice value="Written"/></Choices></View>'
    )
    config, data = parse_config(xml), {"pages": [f"https://example.org/{n}.png" for n in range(4)]}
    assert is_comparable(config)

    def pages(*said):
        return [
            {"id": f"p{n}", "from_name": "page", "to_name": "pages", "type": "choices", "item_index": n}
            | {"value": {"choices": [one]}}
            for n, one in enumerate(said)
            if one
        ]

    def right(*said):
        known = pages("Blank", "Written", "Written", "Blank")
        check_result(config, pages(*said), data=data)
        return answer_is_right(config, data, label="", result=pages(*said), known_label="", known_result=known)

    assert right("Blank", "Written", "Written", "Written")  # 2 · 3 of 8
    assert not right("Written", "Blank", "Blank", "Written")
    assert not right("Blank", "Written", "Blank", "Written")
    assert right("Blank", "Written", "Written", "")
    assert not right("Blank", "", "", "")


def test_matches_are_as_many_as_can_be_and_of_those_the_closest():
    first, second = Region("x", (0,), (10,)), Region("x", (4,), (10,))
    assert matches([first, second], [second, first], 0.5) == [(0, 1), (1, 0)]
    # Greedily the best overlap would leave the other two without a partner.
    wide, near = Region("x", (0,), (9,)), Region("x", (0,), (6,))
    assert len(matches([first, near], [wide, Region("x", (0,), (18,))], 0.5)) == 2
    assert matches([first], [], 0.5) == []
