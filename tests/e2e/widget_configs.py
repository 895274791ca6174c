"""A config and an item for each widget, as the browser tests draw them."""

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)

# Markup, styles, turned and invisible characters, and a word without a place to break.
EVIL = (
    "<script>window.ran = 1; alert(1)</script><img src=x onerror='window.ran = 1'><style>body { display: none }</style>"
    "\u202eturned\u202c \u200b\u2066\ufeff {{ 7 }} ${7} \"'> " + "unbreakable" * 40
)
TEXT = '<Text name="t" value="$text"/>'
ITEM = {"text": "Two lamps came, one of them broken. I want my money back for that one."}


def _one(controls, **data):
    return f"<View>{TEXT}{controls}</View>", ITEM | data


def _choices(*values, **attrs):
    given = "".join(f' {name}="{value}"' for name, value in attrs.items())
    inside = "".join(f'<Choice value="{value}"/>' for value in values)
    return f"<Choices{given}>{inside}</Choices>"


NESTED = (
    '<Choice value="Damage"><Choice value="Broken"/><Choice value="Scratched"/></Choice>'
    '<Choice value="Delivery"><Choice value="Late"/><Choice value="Lost"/></Choice><Choice value="Other"/>'
)
SPECIES = "".join(
    f'<Choice value="Order {o}">'
    + "".join(
        f'<Choice value="Family {o}.{f}">'
        + "".join(f'<Choice value="Species {o}.{f}.{s}"/>' for s in range(20))
        + "</Choice>"
        for f in range(10)
    )
    + "</Choice>"
    for o in range(10)
)  # 10 + 100 + 2,000 nodes

WIDGETS = {
    "nested": _one(f'<Choices name="why" toName="t" choice="multiple" allowNested="true">{NESTED}</Choices>'),
    "nested_one": _one(f'<Choices name="why" toName="t" allowNested="true">{NESTED}</Choices>'),
    "select": _one(_choices("Refund", "Exchange", "Repair", name="want", toName="t", layout="select")),
    "column": _one(
        _choices("Refund", "Exchange", name="want", toName="t", choice="multiple", layout="vertical")
        + '<Header value="How sure are you?"/><Rating name="sure" toName="t" maxRating="4" icon="star"/>'
    ),
    "dynamic": _one(
        '<Choices name="best" toName="t" value="$answers"/><Rating name="sure" toName="t" defaultValue="1"/>',
        answers=[
            {"value": "first", "html": f"<b>We refund</b> one <img src='{PIXEL}' onerror='x()'><script>x()</script>"},
            {"value": "Please write to support.", "hint": "The short one"},
        ],
    ),
    "when": _one(
        _choices("Yes", "No", name="clear", toName="t", choice="single", required="true")
        + '<View visibleWhen="choice-selected" whenTagName="clear" whenChoiceValue="No">'
        + '<Header value="What is missing?"/>'
        + '<TextArea name="missing" toName="t" maxSubmissions="1" required="true" rows="2"/></View>'
        + '<View visibleWhen="choice-unselected" whenTagName="clear" whenChoiceValue="No">'
        + '<Header value="How polite is it?"/><Rating name="polite" toName="t"/></View>'
    ),
    "texts": _one(
        '<Header value="Questions to ask back"/><TextArea name="ask" toName="t" rows="1" maxSubmissions="3" '
        'placeholder="One question" skipDuplicates="true"><Shortcut value="order number"/></TextArea>'
    ),
    "taxonomy": _one(f'<Taxonomy name="kind" toName="t" showFullPath="true" maxUsages="3">{SPECIES}</Taxonomy>'),
    "small_taxonomy": _one(f'<Taxonomy name="kind" toName="t" leafsOnly="true">{NESTED}</Taxonomy>'),
    "number": _one(
        '<Number name="lamps" toName="t" min="0" max="10" step="1" required="true"/>'
        '<Number name="share" toName="t" min="0" max="1" step="0.05" slider="true" defaultValue="0.5"/>'
    ),
    "datetime": _one(
        '<DateTime name="day" toName="t" only="date" format="%d.%m.%Y" min="2020-01-01" max="2030-12-31"/>'
        '<DateTime name="hour" toName="t" only="time"/><DateTime name="moment" toName="t"/>'
        '<DateTime name="year" toName="t" only="year" format="%Y"/>'
    ),
    "ranker": (
        f'<View>{TEXT}<List name="answers" value="$answers" title="Best on top"/>'
        '<Ranker name="rank" toName="answers"/></View>',
        ITEM
        | {
            "answers": [
                {"id": "a", "title": "Refund", "body": "We refund one lamp within five days."},
                {"id": "b", "title": "Repair", "body": "Send it to us and we repair it."},
                {"id": "c", "title": "Ask", "html": "Could you send <b>a picture</b>?"},
            ]
        },
    ),
    "buckets": (
        f'<View>{TEXT}<List name="answers" value="$answers" title="All answers"/><Ranker name="rank" toName="answers">'
        '<Bucket name="good" title="Good"/><Bucket name="bad" title="Bad"/></Ranker></View>',
        ITEM | {"answers": [{"id": n, "body": f"Answer number {n}"} for n in (1, 2, 3)]},
    ),
    "pair": (
        '<View><Header value="Which picture fits better?"/><Image name="one" value="$one"/>'
        '<Image name="two" value="$two"/><Pairwise name="better" toName="one,two"/></View>',
        {"one": PIXEL, "two": PIXEL},
    ),
    "shown": (
        '<View><Header value="For $name" size="3"/><Paragraphs name="talk" value="$talk" layout="dialogue"/>'
        '<Collapse><Panel value="Order"><Table name="order" value="$order"/></Panel></Collapse>'
        '<List name="offers" value="$offers" title="Offers"/><Image name="photo" value="$photo"/>'
        '<Image name="lost" value="$lost"/><Choices name="ok" toName="talk"><Choice value="Fine"/><Choice value="No"/>'
        '</Choices><TextArea name="note" toName="talk" maxSubmissions="1" rows="1"/></View>',
        {
            "name": "Ada",
            "talk": [
                {"author": "Ada", "text": "My lamp is broken."},
                {"author": "Ben", "text": "I am sorry.\nWhich one?"},
            ],
            "order": {"number": 17, "paid": True, "lines": [{"sku": "lamp", "n": 2}]},
            "offers": [{"id": "x", "title": "Voucher", "body": "10 %"}],
            "photo": PIXEL,
            "lost": "http://elsewhere.example/a.png",
        },
    ),
    "repeater": (
        '<View><Repeater on="$turns"><Text name="u_{{idx}}" value="$turns[{{idx}}].text"/>'
        '<Choices name="act_{{idx}}" toName="u_{{idx}}"><Choice value="Keep"/><Choice value="Drop"/></Choices>'
        "</Repeater></View>",
        {"turns": [{"text": "Hello there."}, {"text": "Buy now!"}]},
    ),
    "chat": (
        '<View><Chat name="chat" value="$chat" minMessages="1" maxMessages="4"/></View>',
        {"chat": [{"role": "user", "content": "My lamp is broken."}]},
    ),
    "chat_asked": (
        '<View><Chat name="chat" value="$chat"/><Choices name="tone" toName="chat" perRegion="true">'
        '<Choice value="Kind"/><Choice value="Rude"/></Choices></View>',
        {"chat": [{"role": "user", "content": "My lamp is broken."}]},
    ),
    "pair_why": (
        '<View><Text name="one" value="$one"/><Text name="two" value="$two"/><Pairwise name="better" toName="one,two"/>'
        '<Rating name="sure" toName="one" maxRating="4"/></View>',
        {"one": "We refund one lamp.", "two": "Please write to support."},
    ),
    "spans": _one(
        '<Relations><Relation value="counts"/></Relations>'
        '<Labels name="label" toName="t"><Label value="Number"/><Label value="Thing"/></Labels>'
    ),
    "formatted": (
        '<View><HyperText name="h" value="$html"/>'
        '<HyperTextLabels name="label" toName="h"><Label value="Firm"/></HyperTextLabels></View>',
        {"html": "<h1>Acme <i>Inc.</i></h1><p>They sell lamps.</p>"},
    ),
    "talk": (
        '<View><Paragraphs name="p" value="$talk" layout="dialogue"/>'
        '<ParagraphLabels name="label" toName="p"><Label value="Greeting"/></ParagraphLabels></View>',
        {"talk": [{"author": "Ada", "text": "Hello Ben"}, {"author": "Ben", "text": "Hi"}]},
    ),
    "hostile": (
        '<View><Header value="$e"/><Text name="t" value="$long"/><HyperText name="h" value="$e"/>'
        '<Paragraphs name="p" value="$rows" layout="dialogue"/><Table name="g" value="$rows"/>'
        '<Image name="i" value="$e"/>'
        '<List name="l" value="$rows" title="$e"/><Ranker name="r" toName="l"/>'
        '<Choices name="c" toName="t" choice="multiple" value="$rows"/></View>',
        {
            "e": EVIL,
            "long": "word " * 20_000,
            "rows": [
                dict.fromkeys(["title", "body", "html", "author", "text"], EVIL) | {"id": n, "value": f"{EVIL} {n}"}
                for n in range(3)
            ],
        },
    ),
}  # fmt: skip
