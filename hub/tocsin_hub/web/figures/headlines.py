"""The finding of each figure in one sentence, by rules over the numbers, in English and Chinese; "no change" when there is none.

Counts of reports scatter by chance. Two counts a and b of equal periods differ clearly if |a - b| > 2.58 * sqrt(a + b), which chance
alone exceeds once in a hundred comparisons (Poisson; the figure compares seven). Nothing is claimed from fewer than MIN_RECORDS.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin_hub.web.figures.figure import Lang

MIN_RECORDS = 10
CLEAR = 2.58
DOMINANT = 2 / 3
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Pair:
    """A category's counts in the last two complete periods."""

    name: str
    before: int
    after: int

    @property
    def z(self) -> float:
        """How many standard deviations of chance the change is; 0 if there is nothing."""
        both = self.before + self.after
        return (self.after - self.before) / math.sqrt(both) if both else 0.0

    @property
    def clear(self) -> bool:
        return abs(self.z) > CLEAR and self.before + self.after >= MIN_RECORDS


@dataclass(frozen=True, slots=True)
class Count:
    """A row of a ranking, or a cell named by its row and column."""

    name: str
    count: int
    beside: str = ""


def percent(part: int, whole: int) -> str:
    """`part` of `whole` in whole per cent; `< 1%` is not rounded down to nothing, nor 99.6 up to all."""
    if not whole:
        return "0%"
    share = 100 * part / whole
    if 0 < share < 1:
        return "< 1%"
    if 99 < share < 100:
        return "> 99%"
    return f"{math.floor(share + 0.5)}%"


def number(value: int) -> str:
    """With commas from a thousand on, in both languages."""
    return f"{value:,}"


@dataclass(frozen=True, slots=True)
class Years:
    """What the headline of a series compares: the last complete year with the one before, and with an earlier one.

    `n_after`: records of the last year, each counted once. `longer` is empty if the earlier year was not chosen.
    """

    before: str
    after: str
    n_after: int
    pairs: Sequence[Pair]
    earlier: str = ""
    longer: Sequence[Pair] = ()


def trends(years: Years | None, lang: Lang) -> str:
    """What changed in the last complete year; else over a longer time; else that nothing did. None: no two years to compare."""
    zh = lang == "zh"
    if years is None:
        return (
            "所选年份不足两个完整年，无法比较"
            if zh
            else "Fewer than two complete years were chosen, so nothing is compared"
        )
    if sum(pair.before + pair.after for pair in years.pairs) < MIN_RECORDS:
        return "记录太少，尚不能判断趋势" if zh else "Too few records yet to tell a trend"
    main = max(years.pairs, key=lambda pair: pair.after)
    share = percent(main.after, years.n_after)
    dominates = years.n_after > 0 and main.after / years.n_after >= DOMINANT and main.after >= MIN_RECORDS
    if moved := _clearest(years.pairs):
        found = _moved(moved, years.before, years.after, lang)
        if dominates and main.name != moved[0].name:
            return f"{found}；{main.name}仍占 {share}" if zh else f"{found}; {main.name} still makes up {share}"
        return found
    still = (
        f"{years.before} 年至 {years.after} 年各类别均无明显变化"
        if zh
        else f"No category changed clearly from {years.before} to {years.after}"
    )
    if moved := _clearest(years.longer):
        found = _moved(moved, years.earlier, years.after, lang)
        return f"{still}；但{found}" if zh else f"{still}, but {found}"
    if dominates:
        return f"{still}；{main.name}占 {share}" if zh else f"{still}; {main.name} makes up {share}"
    return still


def _clearest(pairs: Sequence[Pair]) -> list[Pair]:
    """Those that changed clearly, the clearest first."""
    return sorted((pair for pair in pairs if pair.clear), key=lambda pair: -abs(pair.z))


def _moved(moved: Sequence[Pair], before: str, after: str, lang: Lang) -> str:
    first = moved[0]
    alike = [pair.name for pair in moved if (pair.before, pair.after) == (first.before, first.after)]
    up = first.after > first.before
    if lang == "zh":
        names, verb, each = "、".join(alike), "增至" if up else "降至", "各" if len(alike) > 1 else ""
        return (
            f"{names}类记录{each}由 {before} 年的 {number(first.before)} 条{verb} {after} 年的 {number(first.after)} 条"
        )
    verb, each = "rose" if up else "fell", " each" if len(alike) > 1 else ""
    counts = f"from {number(first.before)} records in {before} to {number(first.after)} in {after}"
    return f"{_listed(alike)}{each} {verb} {counts}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def rank(counts: Sequence[Count], n: int, lang: Lang, what: str) -> str:
    """Who leads a ranking, most first, over `n` records that state a value. `what` is `region` or `sector`."""
    zh = lang == "zh"
    noun = {"region": "地区", "sector": "行业"}[what]
    if n < MIN_RECORDS or not counts:
        return f"记录太少，尚不能比较{noun}" if zh else f"Too few records yet to compare {what}s"
    top = [count for count in counts if count.count == counts[0].count]
    if len(top) > 1:
        names = [count.name for count in top]
        if zh:
            return f"{'、'.join(names)}并列最多，各 {number(top[0].count)} 条"
        return f"{_listed(names)} lead together, with {number(top[0].count)} records each"
    first = counts[0]
    if first.count / n >= HALF:
        share = percent(first.count, n)
        return (
            f"{first.name}占注明{noun}记录的 {share}"
            if zh
            else f"{first.name} holds {share} of the records that name a {what}"
        )
    if len(counts) == 1:
        return (
            f"{first.name}最多，{number(first.count)} 条"
            if zh
            else f"{first.name} leads with {number(first.count)} records"
        )
    second = counts[1]
    if zh:
        return f"{first.name}最多（{number(first.count)} 条），其次为{second.name}（{number(second.count)} 条）"
    return f"{first.name} leads with {number(first.count)} records, ahead of {second.name} with {number(second.count)}"


def heat(cells: Sequence[Count], n: int, lang: Lang) -> str:
    """The pair of category (`name`) and sector (`beside`) with most records; cells are most first, `n` records name a sector."""
    zh = lang == "zh"
    if n < MIN_RECORDS or not cells:
        return "记录太少，尚不能比较类别与行业" if zh else "Too few records yet to compare categories and sectors"
    top = [cell for cell in cells if cell.count == cells[0].count]
    if len(top) > 1:
        if zh:
            return f"{'、'.join(f'{c.beside}的{c.name}' for c in top[:3])}并列最多，各 {number(top[0].count)} 条"
        return f"Most reported together: {_listed([f'{c.name} in {c.beside}' for c in top[:3]])}, {number(top[0].count)} records each"
    first = cells[0]
    if zh:
        return f"最集中之处：{first.beside}的{first.name}，{number(first.count)} 条，占 {percent(first.count, n)}"
    return f"Most reported: {first.name} in {first.beside}, {number(first.count)} of {number(n)} records"


def matrix(cells: Sequence[Count], n: int, lang: Lang) -> str:
    """The cause (`name`) and harm (`beside`) most often named together; `n` records name both a cause and a harm."""
    zh = lang == "zh"
    if n < MIN_RECORDS or not cells:
        if zh:
            return "同时写明技术原因与社会危害的记录太少，尚看不出规律"
        return "Too few records name both a cause and a harm to show a pattern"
    top = [cell for cell in cells if cell.count == cells[0].count]
    if len(top) > 1:
        if zh:
            return f"最常同时出现：{'、'.join(f'{c.name}与{c.beside}' for c in top[:3])}，各 {number(top[0].count)} 条"
        return f"Most often together: {'; '.join(f'{c.name} with {c.beside}' for c in top[:3])}; {number(top[0].count)} records each"
    first = cells[0]
    if zh:
        return f"最常同时出现：{first.name}与{first.beside}，{number(first.count)} 条"
    return f"Most often together: {first.name} with {first.beside}, {number(first.count)} records"


def responses(counts: Sequence[Count], n: int, lang: Lang) -> str:
    """Which response reaches most of the `n` records; most first."""
    zh = lang == "zh"
    if not counts or n < MIN_RECORDS:
        return "记录太少，尚不能比较应对措施" if zh else "Too few records yet to compare responses"
    if not counts[0].count:
        return "尚无应对措施针对已记录的风险" if zh else "No response addresses a recorded risk yet"
    top = [count.name for count in counts if count.count == counts[0].count]
    share = percent(counts[0].count, n)
    if len(top) > 3:
        if zh:
            return f"{len(top)} 项措施覆盖面相同，各涉及 {share} 的记录"
        return f"{len(top)} responses reach equally far: each {share} of the records"
    if zh:
        return f"“{'”“'.join(top)}”覆盖最广：涉及 {share} 的记录"
    verb = "reaches" if len(top) == 1 else "reach"
    return f"{_listed(top)} {verb} furthest: {share} of the records"
