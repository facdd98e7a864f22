"""Axes end at round numbers, shades begin at round numbers, and both hold every value; colours can be read."""

from __future__ import annotations

import pytest

from tocsin_hub.web.figures import palette, scales


@pytest.mark.parametrize("most", [0, 1, 2, 3, 9, 10, 11, 99, 100, 101, 430, 999, 1000, 12_345, 10**6])
def test_an_axis_holds_its_greatest_value_and_its_half_is_whole(most: int) -> None:
    end = scales.top(most)
    assert end >= most
    assert end % 2 == 0
    assert end <= max(2, 2.5 * most)


@pytest.mark.parametrize("most", [1, 2, 4, 7, 30, 143, 213, 5000])
def test_shades_rise_with_the_count_and_the_legend_names_each(most: int) -> None:
    starts = scales.shades(most)
    assert len(starts) <= 5
    found = [scales.shade(value, starts) for value in range(most + 1)]
    assert found[0] == "q0"
    assert found == sorted(found)
    assert found[-1] == f"q{len(starts)}"
    assert len(scales.spans(starts, most)) == len(starts)


def test_a_wilson_interval_is_that_of_the_textbook() -> None:
    low, high = scales.wilson(39, 57)
    assert (round(low, 3), round(high, 3)) == (0.555, 0.79)
    assert scales.wilson(0, 0) == (0.0, 1.0)
    assert scales.wilson(0, 50)[0] == 0.0
    assert scales.wilson(50, 50)[1] == 1.0


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_marks_stand_out_from_what_they_stand_on(theme: str) -> None:
    colours = palette.THEMES[theme]
    for name in ("ink", "mut", "endo", "deri"):
        assert _contrast(colours[name], colours["paper"]) >= 4.5, name
    for shade, text in palette.ON_SHADE[theme].items():
        assert _contrast(text, colours[shade]) >= 4.5, shade
