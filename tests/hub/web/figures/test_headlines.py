"""Headlines say what the numbers say and no more, in English and Chinese."""

from __future__ import annotations

import pytest

from tocsin_hub.web.figures import headlines
from tocsin_hub.web.figures.headlines import Count, Pair, Years


def years(*pairs: tuple[str, int, int], n: int = 1000, longer: tuple[tuple[str, int, int], ...] = ()) -> Years:
    return Years("2024", "2025", n, [Pair(*pair) for pair in pairs], "2022", [Pair(*pair) for pair in longer])


TRENDS = [
    ("growth", years(("Software", 2, 28), ("Data", 9, 11)), "Software rose from 2 records in 2024 to 28 in 2025", "Software类记录由 2024 年的 2 条增至 2025 年的 28 条"),
    ("decline", years(("Software", 40, 12), ("Data", 9, 11)), "Software fell from 40 records in 2024 to 12 in 2025", "Software类记录由 2024 年的 40 条降至 2025 年的 12 条"),
    ("the clearest change is named, not the greatest", years(("Data", 1000, 1150), ("Software", 2, 60), n=5000), "Software rose from 2 records in 2024 to 60 in 2025", "Software类记录由 2024 年的 2 条增至 2025 年的 60 条"),
    ("no change beyond chance", years(("Software", 40, 55), ("Data", 9, 11)), "No category changed clearly from 2024 to 2025", "2024 年至 2025 年各类别均无明显变化"),
    ("no change at all", years(("Software", 40, 40)), "No category changed clearly from 2024 to 2025", "2024 年至 2025 年各类别均无明显变化"),
    ("a slow change shows over three years", years(("Software", 366, 430), longer=(("Software", 94, 430),)), "No category changed clearly from 2024 to 2025, but Software rose from 94 records in 2022 to 430 in 2025", "2024 年至 2025 年各类别均无明显变化；但Software类记录由 2022 年的 94 条增至 2025 年的 430 条"),
    ("too little data", years(("Software", 0, 5), ("Data", 1, 2)), "Too few records yet to tell a trend", "记录太少，尚不能判断趋势"),
    ("nothing", years(("Software", 0, 0)), "Too few records yet to tell a trend", "记录太少，尚不能判断趋势"),
    ("few in the category that moved", years(("Software", 0, 9), ("Data", 20, 20)), "No category changed clearly from 2024 to 2025", "2024 年至 2025 年各类别均无明显变化"),
    ("tie", years(("Software", 2, 28), ("Data", 2, 28), ("Humanity", 1, 2)), "Software and Data each rose from 2 records in 2024 to 28 in 2025", "Software、Data类记录各由 2024 年的 2 条增至 2025 年的 28 条"),
    ("one category dominates, unchanged", years(("People", 400, 410), ("Data", 9, 11), n=420), "No category changed clearly from 2024 to 2025; People makes up 98%", "2024 年至 2025 年各类别均无明显变化；People占 98%"),
    ("one category dominates, another moved", years(("People", 400, 410), ("Data", 2, 28), n=430), "Data rose from 2 records in 2024 to 28 in 2025; People still makes up 95%", "Data类记录由 2024 年的 2 条增至 2025 年的 28 条；People仍占 95%"),
    ("years that a filter left out", None, "Fewer than two complete years were chosen, so nothing is compared", "所选年份不足两个完整年，无法比较"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "en", "zh"), [case[1:] for case in TRENDS], ids=[case[0] for case in TRENDS])
def test_a_trend_is_said_as_it_is(given: Years | None, en: str, zh: str) -> None:
    assert headlines.trends(given, "en") == en
    assert headlines.trends(given, "zh") == zh


RANKS = [
    ("one leads", [("Asia", 40), ("Europe", 30), ("Africa", 30)], 100, "Asia leads with 40 records, ahead of Europe with 30", "Asia最多（40 条），其次为Europe（30 条）"),
    ("one holds half", [("Asia", 60), ("Europe", 40)], 100, "Asia holds 60% of the records that name a region", "Asia占注明地区记录的 60%"),
    ("tie", [("Asia", 30), ("Europe", 30), ("Africa", 5)], 65, "Asia and Europe lead together, with 30 records each", "Asia、Europe并列最多，各 30 条"),
    ("only one", [("Asia", 12)], 12, "Asia holds 100% of the records that name a region", "Asia占注明地区记录的 100%"),
    ("too little data", [("Asia", 5), ("Europe", 4)], 9, "Too few records yet to compare regions", "记录太少，尚不能比较地区"),
    ("nothing", [], 0, "Too few records yet to compare regions", "记录太少，尚不能比较地区"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "n", "en", "zh"), [case[1:] for case in RANKS], ids=[case[0] for case in RANKS])
def test_a_ranking_names_who_leads_and_who_ties(given: list[tuple[str, int]], n: int, en: str, zh: str) -> None:
    counts = [Count(*pair) for pair in given]
    assert headlines.rank(counts, n, "en", "region") == en
    assert headlines.rank(counts, n, "zh", "region") == zh


PAIRS = [
    ("one cell", [("Data", 40, "Education"), ("Data", 20, "Health")], 80, "Most reported: Data in Education, 40 of 80 records", "最集中之处：Education的Data，40 条，占 50%"),
    ("tie", [("Data", 20, "Education"), ("Data", 20, "Health")], 80, "Most reported together: Data in Education and Data in Health, 20 records each", "Education的Data、Health的Data并列最多，各 20 条"),
    ("too little data", [("Data", 4, "Education")], 4, "Too few records yet to compare categories and sectors", "记录太少，尚不能比较类别与行业"),
    ("nothing", [], 0, "Too few records yet to compare categories and sectors", "记录太少，尚不能比较类别与行业"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "n", "en", "zh"), [case[1:] for case in PAIRS], ids=[case[0] for case in PAIRS])
def test_a_heat_map_names_its_hottest_cell(given: list[tuple[str, int, str]], n: int, en: str, zh: str) -> None:
    cells = [Count(*cell) for cell in given]
    assert headlines.heat(cells, n, "en") == en
    assert headlines.heat(cells, n, "zh") == zh


LINKS = [
    ("one pair", [("Leak", 40, "Fraud"), ("Bias", 20, "Injury")], 60, "Most often together: Leak with Fraud, 40 records", "最常同时出现：Leak与Fraud，40 条"),
    ("tie", [("Leak", 20, "Fraud"), ("Bias", 20, "Injury")], 40, "Most often together: Leak with Fraud; Bias with Injury; 20 records each", "最常同时出现：Leak与Fraud、Bias与Injury，各 20 条"),
    ("too little data", [("Leak", 1, "Fraud")], 1, "Too few records name both a cause and a harm to show a pattern", "同时写明技术原因与社会危害的记录太少，尚看不出规律"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "n", "en", "zh"), [case[1:] for case in LINKS], ids=[case[0] for case in LINKS])
def test_a_matrix_says_together_and_never_because(given: list[tuple[str, int, str]], n: int, en: str, zh: str) -> None:
    cells = [Count(*cell) for cell in given]
    assert headlines.matrix(cells, n, "en") == en
    assert headlines.matrix(cells, n, "zh") == zh


REACH = [
    ("one", [("Logging", 30), ("Filter", 10)], 60, "Logging reaches furthest: 50% of the records", "“Logging”覆盖最广：涉及 50% 的记录"),
    ("tie", [("Logging", 30), ("Filter", 30)], 60, "Logging and Filter reach furthest: 50% of the records", "“Logging”“Filter”覆盖最广：涉及 50% 的记录"),
    ("many alike", [(name, 30) for name in "abcd"], 60, "4 responses reach equally far: each 50% of the records", "4 项措施覆盖面相同，各涉及 50% 的记录"),
    ("none reaches anything", [("Logging", 0)], 60, "No response addresses a recorded risk yet", "尚无应对措施针对已记录的风险"),
    ("too little data", [("Logging", 3)], 5, "Too few records yet to compare responses", "记录太少，尚不能比较应对措施"),
    ("no responses", [], 60, "Too few records yet to compare responses", "记录太少，尚不能比较应对措施"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "n", "en", "zh"), [case[1:] for case in REACH], ids=[case[0] for case in REACH])
def test_reach_is_said_as_a_share(given: list[tuple[str, int]], n: int, en: str, zh: str) -> None:
    counts = [Count(*pair) for pair in given]
    assert headlines.responses(counts, n, "en") == en
    assert headlines.responses(counts, n, "zh") == zh


@pytest.mark.parametrize(("part", "whole", "said"), [(0, 9, "0%"), (1, 1000, "< 1%"), (999, 1000, "> 99%"), (1, 8, "13%"), (1, 1, "100%"), (0, 0, "0%")])  # fmt: skip
def test_a_share_is_never_rounded_to_none_or_all(part: int, whole: int, said: str) -> None:
    assert headlines.percent(part, whole) == said
