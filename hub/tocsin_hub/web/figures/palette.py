"""The colours of drawings, by the names that plans use: the tokens of the pages' stylesheet, in light and dark.

Colour means layer (blue-green endogenous, rust derived; told apart by every kind of colour sight) and is always doubled by text.
Text on each shade of a heat cell has at least 4.5 to 1; a test computes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#ffffff",
        "ink": "#14202b",
        "mut": "#51606e",
        "line": "#d5dce2",
        "grid": "#e4e9ed",
        "endo": "#0e6b8c",
        "deri": "#b1471f",
        "q0": "#f5f7f9",
        "q1": "#e6f1f5",
        "q2": "#bcdce7",
        "q3": "#83bdd1",
        "q4": "#3a8ba9",
        "q5": "#0e5a77",
    }
)
DARK: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#10181f",
        "ink": "#e8eef3",
        "mut": "#a3b1bd",
        "line": "#33414d",
        "grid": "#2a3742",
        "endo": "#6cc0dc",
        "deri": "#f0946c",
        "q0": "#172129",
        "q1": "#15303b",
        "q2": "#1c4656",
        "q3": "#26657c",
        "q4": "#4596b3",
        "q5": "#8dd3ea",
    }
)
THEMES: Mapping[str, Mapping[str, str]] = MappingProxyType({"light": LIGHT, "dark": DARK})
ON_SHADE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "light": {"q0": "#51606e", "q1": "#14202b", "q2": "#14202b", "q3": "#0b1720", "q4": "#04121a", "q5": "#ffffff"},
        "dark": {"q0": "#a3b1bd", "q1": "#e8eef3", "q2": "#e8eef3", "q3": "#f0f7fa", "q4": "#04121a", "q5": "#04121a"},
    }
)
FONT = "Inter, 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"


def layer(name: str) -> str:
    """The colour name of a layer; rows of no layer are drawn like endogenous ones."""
    return "deri" if name == "derived" else "endo"
