"""Controls of every kind about one text, and answers to each."""

TEXT = "Bill Gates founded Microsoft in Albuquerque."


def config_xml(*controls):
    return f'<View><Text name="message" value="$message"/>{"".join(controls)}</View>'


def region(control, kind, value, **more):
    return {"id": f"{control}1", "from_name": control, "to_name": "message", "type": kind, "value": value, **more}


def person(start, end, label="Person", name="r1"):
    return region("who", "labels", {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}, id=name)


TOPICS = (
    '<Choices name="topic" toName="message" choice="multiple"><Choice value="Money"/><Choice value="Sport"/>'
    '<Choice value="Art"/></Choices>'
)
TREE = (
    '<Taxonomy name="tree" toName="message"><Choice value="A"><Choice value="a1"/><Choice value="a2"/></Choice>'
    '<Choice value="B"/></Taxonomy>'
)
STARS = '<Rating name="stars" toName="message" maxRating="5"/>'
COUNT = '<Number name="count" toName="message" min="0"/>'
WORDS = '<TextArea name="words" toName="message"/>'
SPANS = '<Labels name="who" toName="message"><Label value="Person"/><Label value="Company"/></Labels>'
INTENT = (
    '<Choices name="intent" toName="message" required="true">'
    '<Choice value="Refund"/><Choice value="Exchange"/></Choices>'
)


def topics(*labels):
    return [region("topic", "choices", {"choices": list(labels)})] if labels else []


def tree(*paths):
    return [region("tree", "taxonomy", {"taxonomy": [list(path) for path in paths]})]


def stars(n):
    return [region("stars", "rating", {"rating": n})]


def count(n):
    return [region("count", "number", {"number": n})]


def words(*texts):
    return [region("words", "textarea", {"text": list(texts)})]


def intent(label):
    return [region("intent", "choices", {"choices": [label]})]
