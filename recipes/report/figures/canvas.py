"""From matplotlib to SVG that takes its colours and its font from the page.

1. A figure is drawn twice, for wide windows and for phones; a style rule shows one of them.
2. Colours are drawn as placeholders, which become CSS variables: dark mode and print need no second drawing.
3. What inline SVG must not bring along goes: metadata, style sheets, font families, ids that nothing refers to. The
   other ids get the figure's own prefix, since two figures of a page must not share any.

Text stays text: it can be found, copied and read aloud. Equal data gives equal bytes, whatever the user's matplotlibrc
says. About 80 ms a figure. matplotlib is imported here, when the first figure is drawn.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple
from xml.etree import ElementTree

from markupsafe import Markup

from curation.core.hashing import hash64

WIDE, NARROW = 760, 340
TEXT = 13
SERIES = tuple(f"series-{number}" for number in range(1, 9))

_NAMES = ("paper", "ink", "muted", "rule", "accent", "natural", "loss", "held", *SERIES)
_PLACEHOLDERS = {name: f"#0000{number:02x}" for number, name in enumerate(_NAMES, start=1)}
_VARIABLES = {code: f"var(--{name})" for name, code in _PLACEHOLDERS.items()}
_COLOUR = re.compile(r"#0000[0-9a-f]{2}")
_FONT_FAMILY = re.compile(r"font-family:[^;]*;?\s*")
_REFERENCE = re.compile(r"#([\w.-]+)")
_NAMESPACE = re.compile(r"\{[^}]*\}")
_SETTINGS = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "font.family": ["DejaVu Sans"],  # what matplotlib measures with; it comes with matplotlib
    "font.size": TEXT,
    "axes.unicode_minus": True,
    "path.simplify": False,
}


class Drawing(NamedTuple):
    """One figure in both widths, as inline SVG."""

    wide: Markup
    narrow: Markup


def colour(name: str) -> str:
    """The placeholder of a colour of the page: ink, muted, rule, accent, natural, loss, held, series-1 ... series-8."""
    return _PLACEHOLDERS[name]


class Canvas:
    """A figure of a fixed size; places are pixels from its upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        self.figure.patch.set_visible(False)

    @property
    def is_narrow(self) -> bool:
        return self.width < 500

    def panel(
        self, left: float, top: float, width: float, height: float, *, grid: Literal["x", "y", "both"] = "x"
    ) -> Any:
        """Axes without a frame, with hairlines across one or both directions."""
        axes = self.figure.add_axes(
            (
                left / self.width,
                1 - (top + height) / self.height,
                max(1.0, width) / self.width,
                max(1.0, height) / self.height,
            )
        )
        axes.patch.set_visible(False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(length=0, labelsize=TEXT - 1, labelcolor=colour("muted"), pad=5)
        axes.set_axisbelow(True)
        axes.grid(axis=grid, color=colour("rule"), linewidth=1)
        return axes

    def rows(self, axes: Any, labels: Sequence[str], longest: int) -> None:
        """Make the vertical axis one of rows, from top to bottom, with their names at the left."""
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set_yticks(range(len(labels)), [shortened(label, longest) for label in labels])
        axes.tick_params(axis="y", labelsize=TEXT, labelcolor=colour("ink"), pad=8)

    def text(self, x: float, y: float, text: str, *, tone: str = "muted", align: str = "left") -> None:
        """A line of text with its baseline at y."""
        self.figure.text(
            x / self.width, 1 - y / self.height, text, ha=align, va="baseline", color=colour(tone), fontsize=TEXT - 1
        )

    def svg(self) -> str:
        stream = io.StringIO()
        self.figure.savefig(stream, format="svg", metadata={"Date": None})
        return stream.getvalue()


def drawing(name: str, title: str, height: Callable[[int], int], paint: Callable[[Canvas], None]) -> Drawing:
    """Paint a figure in both widths.

    Args:
        name: unlike that of every other figure of the page.
        title: what a screen reader says.
        height: of a figure that is so wide, in pixels.
        paint: draws on the canvas; asks `canvas.is_narrow` how to lay it out.
    """
    return Drawing(*(_painted(f"{name}-{width}", title, width, height(width), paint) for width in (WIDE, NARROW)))


def shortened(name: str, longest: int) -> str:
    """A name with its middle left out if it is too long: both ends of a path tell more than its middle.

    Characters that XML cannot hold, and line breaks, become U+FFFD.
    """
    name = "".join(character if character.isprintable() else "\ufffd" for character in name)
    if len(name) <= longest:
        return name
    kept = longest - 1
    return f"{name[: kept - kept // 2]}\u2026{name[len(name) - kept // 2 :]}"


def label_width(labels: Sequence[str], longest: int) -> float:
    """Pixels that names at the left of rows need."""
    return 12 + 7.4 * max((min(len(label), longest) for label in labels), default=0)


def _painted(key: str, title: str, width: int, height: int, paint: Callable[[Canvas], None]) -> Markup:
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # the browser has more glyphs than the font that matplotlib measures with
        warnings.filterwarnings("ignore", r"Glyph .* missing from font", UserWarning)
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_SETTINGS, "svg.hashsalt": key})
        canvas = Canvas(width, height)
        paint(canvas)
        text = canvas.svg()
    return Markup(_inline(text, f"d{hash64(key.encode()):016x}"[:9], title, width, height))


def _inline(text: str, prefix: str, title: str, width: int, height: int) -> str:
    root = ElementTree.fromstring(text)
    for parent in list(root.iter()):
        for child in list(parent):
            if _NAMESPACE.sub("", child.tag) in ("metadata", "style"):
                parent.remove(child)
    used = {
        name: f"{prefix}-{number}"
        for number, name in enumerate(
            dict.fromkeys(
                name
                for element in root.iter()
                for key, value in element.attrib.items()
                if key.endswith("href") or key == "clip-path"
                for name in _REFERENCE.findall(value)
            )
        )
    }
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
        element.attrib = dict(_attributes(element.attrib, used))
        element.tail = None
        if element.tag != "text":
            element.text = None
    root.attrib = {"viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": title}
    return ElementTree.tostring(root, encoding="unicode")


def _attributes(attributes: dict[str, str], used: dict[str, str]) -> list[tuple[str, str]]:
    kept = []
    for key, value in attributes.items():
        name = _NAMESPACE.sub("", key)
        if name == "id":
            if value not in used:
                continue
            value = used[value]
        elif name in ("href", "clip-path"):
            value = _REFERENCE.sub(lambda match: f"#{used[match[1]]}", value)
        elif name == "style":
            value = _COLOUR.sub(lambda match: _VARIABLES.get(match[0], match[0]), _FONT_FAMILY.sub("", value))
        elif name == "transform" and value.startswith("rotate(-0 "):
            continue
        elif name == "d":
            value = " ".join(value.split())
        kept.append((name, value))
    return kept
