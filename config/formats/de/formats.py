"""Days as German writes them, under the formats that templates ask for: "2. Mär 2026"."""

_SHORT = ("j M", "j M Y", "j M, H:i", "j M Y, H:i", "j M Y, H:i:s", "j F, H:i")

# Django looks a format up by its name, and a template's own format is its name.
globals().update({name: name.replace("j ", "j. ", 1) for name in _SHORT})
