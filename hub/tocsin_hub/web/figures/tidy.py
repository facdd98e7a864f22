"""An SVG as Vega writes it, made small and themeable: no empty groups, no labels nobody hears, colours doubled by classes.

Chart bytes come from our own child, never from outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

_SVG = "http://www.w3.org/2000/svg"
_DROP = ("class", "role", "pointer-events", "style", "stroke-miterlimit", "version")
_LONG = re.compile(r"-?\d+\.\d+")
_EMPTY_PATH = re.compile(r"M0,0h0v0h0Z|")


def small(svg: str, colours: Mapping[str, str]) -> str:
    """The same drawing for the page: `class="drawn"`, `aria-hidden`, classes `f-*` and `s-*` beside its colours."""
    root = _cleaned(svg, {value: name for name, value in colours.items()})
    root.set("class", "drawn")
    root.set("aria-hidden", "true")
    del root.attrib["width"], root.attrib["height"]
    return _written(root)


def whole(svg: str, title: str, description: str) -> str:
    """The same drawing as a file of its own, with its title and description for readers who hear it."""
    root = _cleaned(svg, {})
    root.set("role", "img")
    for at, (tag, text) in enumerate((("title", title), ("desc", description))):
        said = ElementTree.Element(f"{{{_SVG}}}{tag}")
        said.text = text
        root.insert(at, said)
    return _written(root)


def _cleaned(svg: str, names: Mapping[str, str]) -> ElementTree.Element:
    root = ElementTree.fromstring(svg)  # noqa: S314 - written by vl-convert in this process
    _visit(root, names)
    return root


def _visit(node: ElementTree.Element, names: Mapping[str, str]) -> None:
    for child in list(node):
        _visit(child, names)
        if _invisible(child):
            node.remove(child)
        elif child.tag == f"{{{_SVG}}}g" and not child.attrib:
            at = list(node).index(child)
            node.remove(child)
            for offset, inner in enumerate(child):
                node.insert(at + offset, inner)
    for name in list(node.attrib):
        if name in _DROP or name.startswith("aria-") or (name == "opacity" and node.attrib[name] == "1"):
            del node.attrib[name]
        elif name in ("transform", "d", "x2", "y2", "x", "y", "width", "height", "viewBox"):
            node.attrib[name] = _LONG.sub(
                lambda found: f"{float(found.group()):.2f}".rstrip("0").rstrip("."), node.attrib[name]
            )
    if node.attrib.get("transform") == "translate(0,0)":
        del node.attrib["transform"]
    classes = [f"{side[0]}-{names[node.attrib[side]]}" for side in ("fill", "stroke") if node.attrib.get(side) in names]
    if classes:
        node.set("class", " ".join(classes))


def _invisible(node: ElementTree.Element) -> bool:
    tag = node.tag.removeprefix(f"{{{_SVG}}}")
    if tag == "g":
        return len(node) == 0
    if tag == "path":
        painted = any(node.attrib.get(side, "none") != "none" for side in ("fill", "stroke"))
        return bool(_EMPTY_PATH.fullmatch(node.attrib.get("d", ""))) or not painted
    return tag == "text" and not node.text and len(node) == 0


def _written(root: ElementTree.Element) -> str:
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode")
