"""Trend tables as people read them: a cross of two dimensions, in order, in both languages, and never wider than asked."""

from __future__ import annotations

import itertools

import pytest

from tocsin_client import tables
from tocsin_client.trends import TrendRow, Trends
from tocsin_taxonomy import schemes

CATEGORIES = [str(code) for code in schemes.categories()]


def table_of(by: tuple[str, ...], counts: dict[tuple[str, ...], int]) -> Trends:
    rows = tuple(TrendRow(keys, count, 1) for keys, count in counts.items())
    total = sum(counts.values())
    return Trends(by, rows, total, 2, 99, dict.fromkeys(by, total), ("Exercises are left out.",)).in_order()


def years(first: int, last: int) -> dict[tuple[str, ...], int]:
    return {(c, str(y)): n + 1 for n, (c, y) in enumerate(itertools.product(CATEGORIES[:3], range(first, last + 1)))}


def test_two_dimensions_make_a_cross_table_whose_years_ascend() -> None:
    found = table_of(("category", "year"), {**years(2021, 2024), (CATEGORIES[0], "unknown"): 3})
    head, *lines = found.table().splitlines()
    assert head.split()[-5:] == ["2021", "2022", "2023", "2024", "unknown"]
    largest, smallest = lines[0], lines[2]
    assert largest.split()[-5:] == ["9", "10", "11", "12", "."], "rows come by size, an empty cell is a dot"
    assert smallest.split()[-5:] == ["1", "2", "3", "4", "3"]
    assert "author keys" not in head


def test_long_gives_one_line_a_cell_with_its_author_keys() -> None:
    found = table_of(("category", "year"), years(2021, 2024))
    lines = found.table(long=True).splitlines()
    assert lines[0].split()[-3:] == ["records", "author", "keys"]
    assert len(lines) == 1 + 12 + 3
    shown = [line.split()[-3] for line in lines[1:5]]
    assert shown == ["2021", "2022", "2023", "2024"]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_asked_and_early_years_are_added_up(lang: str, width: int) -> None:
    found = table_of(("category", "year"), years(1990, 2024))
    lines = found.table(lang, width=width).splitlines()
    assert max(map(tables.width, lines)) <= width
    head = next(line for line in lines if "≤" in line).split()
    joined = int(head[next(i for i, word in enumerate(head) if word.startswith("≤"))][1:])
    first = next(i for i, word in enumerate(head) if word.startswith("≤"))
    by_size = [sum(n for (c, y), n in years(1990, 2024).items() if c == CATEGORIES[2] and int(y) <= joined)]
    row = lines[lines.index(next(line for line in lines if "≤" in line)) + 1].split()
    assert int(row[-(len(head) - first)]) == by_size[0]


def test_columns_that_do_not_fit_are_left_out_and_said_so() -> None:
    sectors = [f"isic@4:{c}" for c in "ABCDEFGHIJKLMNO"]
    found = table_of(("category", "sector"), {(CATEGORIES[0], s): 20 - n for n, s in enumerate(sectors)})
    text = found.table(width=80)
    assert max(map(tables.width, text.splitlines())) <= 80
    assert "more columns are not shown; --long lists all." in text
    assert "未显示" in found.table("zh", width=60)


def test_categories_as_columns_stand_in_the_order_of_the_scheme_with_short_names() -> None:
    found = table_of(("sector", "category"), {("isic@4:K", c): n + 1 for n, c in enumerate(CATEGORIES)})
    assert found.keys(1) == CATEGORIES
    zh = found.table("zh", width=120).splitlines()
    assert zh[0].split()[-7:] == ["数据", "算法模型", "软件", "基础设施", "个人组织", "国家社会", "全人类"]
    assert "金融" in zh[1]


def test_the_coverage_is_one_sentence_and_notes_follow_line_by_line() -> None:
    found = table_of(("category", "year"), years(2021, 2024))
    assert found.coverage_line().count(".") == 1
    assert found.coverage_line("zh").count("。") == 1
    narrow = found.table(width=50).splitlines()
    start = narrow.index(next(line for line in narrow if line.startswith("78 records")))
    assert [line for line in narrow[start:] if line.startswith("- ")] == [
        "- Author keys (not organisations): 2.",
        "- Exercises are left out.",
    ]


def test_a_table_without_rows_is_a_head_and_a_sentence() -> None:
    for by in (("category",), ("category", "year")):
        text = table_of(by, {}).table()
        assert "0 records" in text


def test_wrapping_counts_chinese_as_two_and_parts_no_closing_mark() -> None:
    text = "来电者使用克隆的主管声音，要求办事员紧急转账；回拨电话后被制止。"
    lines = tables.wrapped(text, 20, first="经过  ")
    assert max(map(tables.width, lines)) <= 20
    assert not any(line.strip()[0] in "，。；" for line in lines)
    assert "".join(line.strip() for line in lines).replace("经过  ", "") == text
    assert tables.wrapped("", 20, first="- ") == ["-"]
    assert tables.wrapped("x" * 50, 20) == ["x" * 50], "what cannot be parted stays whole"
    assert tables.cut("十个汉字太长了", 6) == "十个…"
