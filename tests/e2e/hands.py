"""A person's hand on a page: by mouse, by finger, or by the keyboard alone."""


class Hand:
    """Answers by mouse, by finger, or by the keyboard alone, which may only press keys."""

    def __init__(self, page, kind):
        self.page, self.kind = page, kind

    @property
    def keys(self):
        return self.kind == "keys"

    def press(self, locator, key="Space"):
        if self.kind == "mouse":
            locator.click()
        elif self.kind == "touch":
            locator.tap()
        else:
            self.reach(locator)
            self.page.keyboard.press(key)

    def choose(self, question, label, key):
        """One of several: by the keyboard with its key, once its question has the focus."""
        if self.keys:
            self.reach(question)
            self.page.keyboard.press(key)
        else:
            self.press(question.get_by_label(label))

    def reach(self, locator):
        """By Tab, as a person without a mouse gets there."""
        for _step in range(80):
            if locator.evaluate("node => node === document.activeElement || node.contains(document.activeElement)"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {locator}")

    def write(self, locator, text):
        if self.keys:
            self.reach(locator)
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(text)
        else:
            locator.fill(text)

    def drag(self, thing, onto):
        thing.scroll_into_view_if_needed()
        start, end = thing.bounding_box(), onto.bounding_box()
        points = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in (start, end)]
        if self.kind == "touch":
            touch_drag(self.page, *points)
            self.kind = (
                "mouse"  # Chromium's test protocol now and then swallows the tap after a drag made of touch events
            )
            return
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        self.page.mouse.move(*points[1], steps=6)
        self.page.mouse.up()

    def send(self):
        with self.page.expect_navigation():
            if self.kind == "keys":
                self.page.keyboard.press("Control+Enter")
            else:
                self.press(self.page.get_by_role("button", name="Send, next"))


def touch_drag(page, start, end):
    session = page.context.new_cdp_session(page)

    def send(kind, point=None):
        points = [{"x": point[0], "y": point[1]}] if point else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", start)
    for step in range(1, 7):
        send("touchMove", [one + (other - one) * step / 6 for one, other in zip(start, end, strict=True)])
    send("touchEnd")
    session.detach()
