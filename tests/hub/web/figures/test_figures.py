"""A figure's words, cells and plans are its tables' numbers: nothing spread, nothing lost without being said."""

from __future__ import annotations

import csv
import io
from typing import Any, get_args

import pytest

from tocsin_hub.members import access
from tocsin_hub.trends import query
from tocsin_hub.web.figures import building, figure, gallery, names, sheet, words

ASKED = query.TrendQuery(("category",))


def test_every_kind_is_said_in_both_languages(made: Any) -> None:
    assert set(words.WORDS["en"]) == set(words.WORDS["zh"])
    for lang in ("en", "zh"):
        figures = made.every(lang)
        assert [fig.kind for fig in figures] == list(get_args(figure.Kind))
        for fig in figures:
            for text in (fig.title, fig.headline, fig.measure, fig.coverage, fig.method, fig.head, fig.source):
                assert text
                assert "{" not in text


def test_the_current_year_is_provisional_and_older_years_are_counted_not_drawn(made: Any) -> None:
    counts = {made.individual: {"1999": 7, **{str(year): 20 for year in range(2012, 2027)}}}
    fig = building.build("trends", made.yearly(counts), ASKED, made.setting())
    assert [row.code for row in fig.rows] == [str(year) for year in range(2026, 2014, -1)]
    assert [cell.provisional for cell in fig.rows[0].cells] == [True] * 7
    assert not any(cell.provisional for cell in fig.rows[1].cells)
    assert fig.n == 12 * 20
    assert "67 are older" in fig.coverage  # 1999 and three years of 20
    plan = next(panel for panel in fig.panels if panel.code == made.individual).plan
    assert plan["settled"] == len(plan["values"]) - 1
    assert "2026 is provisional" in fig.method


def test_quarters_are_drawn_only_if_nearly_all_records_state_one(made: Any) -> None:
    by_year = {(made.software, "2025"): 100}
    by_quarter = {(made.software, "2025-Q2"): 90}

    def build(stated: int) -> figure.Figure:
        tables = [
            made.of(("category", "year"), by_year, 100, quarter=stated),
            made.of(("category", "quarter"), by_quarter, 100, quarter=stated),
            made.of(("year",), {("2025",): 100}, 100, quarter=stated),
            made.of(("quarter",), {("2025-Q2",): stated}, 100, quarter=stated),
        ]
        return building.build("trends", tables, ASKED, made.setting())

    assert build(70).rows[0].code == "2025"
    assert "only 70% of the records state a quarter" in build(70).coverage
    assert build(90).rows[0].code == "2025-Q2"
    assert build(90).n == 90
    assert build(90).coverage.startswith("90 of 100 records state a quarter")


def test_a_date_in_the_future_is_not_drawn(made: Any) -> None:
    fig = building.build("trends", made.yearly({made.software: {"2025": 12, "2031": 3}}), ASKED, made.setting())
    assert [row.code for row in fig.rows] == ["2025"]


def test_years_that_a_filter_left_out_are_not_taken_for_a_change(made: Any) -> None:
    tables = made.yearly({made.software: {"2025": 120}})
    only = query.TrendQuery(("category",), years=(2025,))
    assert "nothing is compared" in building.build("trends", tables, only, made.setting()).headline
    assert "rose from 0" in building.build("trends", tables, ASKED, made.setting()).headline


def test_an_empty_hub_has_figures_that_say_so(made: Any) -> None:
    for kind in figure.KINDS:
        tables = [made.of(asked.by, {}, 0, leaf=0) for asked in building.needs(kind, ASKED)]
        fig = building.build(kind, tables, ASKED, made.setting())
        assert "few" in fig.headline, kind
        assert fig.n == 0


def test_rare_sectors_share_a_column_and_unknown_ones_have_none(made: Any) -> None:
    sectors = {f"isic@4:{letter}": 30 - at for at, letter in enumerate("ABCDEFGHIJK")} | {"unknown": 99, "multiple": 7}
    crossed = {(made.software, sector): count for sector, count in sectors.items()}
    tables = [
        made.of(("category", "sector"), crossed, 400),
        made.of(("sector",), {(sector,): count for sector, count in sectors.items()}, 400),
    ]
    fig = building.build("heat", tables, ASKED, made.setting())
    assert [column.code for column in fig.columns] == [*(f"isic@4:{letter}" for letter in "ABCDEFGH"), "other"]
    software = next(row for row in fig.rows if row.code == made.software)
    assert [cell.value for cell in software.cells] == [30, 29, 28, 27, 26, 25, 24, 23, 22 + 21 + 20]
    assert fig.n == sum(count for sector, count in sectors.items() if sector.startswith("isic"))
    assert {cell.css for row in fig.rows for cell in row.cells} <= {f"q{at}" for at in range(6)}


def test_countries_are_summed_to_subregions(made: Any) -> None:
    counts = {("un-m49@2024:840",): 5, ("un-m49@2024:124",): 6, ("un-m49@2024:030",): 3, ("un-m49@2024:156",): 4, ("unknown",): 50}  # fmt: skip
    fig = building.build("regions", [made.of(("region",), counts, 68)], ASKED, made.setting("zh"))
    assert [(row.code, row.cells[0].value) for row in fig.rows] == [("un-m49@2024:021", 11), ("un-m49@2024:030", 7)]
    assert fig.n == 18
    assert "68 条记录中有 18 条写明地点" in fig.coverage


def test_the_matrix_of_a_filtered_view_counts_records_with_both(house: Any, h: Any) -> None:
    leak, robust, privacy = "endogenous.data.sensitive-leak", "endogenous.model.insufficient-robustness", "derived.individual-organisation.privacy-leak"  # fmt: skip
    for number in range(31):
        house.add(
            "incident", h.incident(f"a{number}", codes=[leak, privacy], marking={"tlp": "clear"}), by=h.org_id("a")
        )
    for number in range(5):
        house.add(
            "incident", h.incident(f"b{number}", codes=[robust, privacy], marking={"tlp": "clear"}), by=h.org_id("a")
        )
    house.add("incident", h.incident("hidden", codes=[leak, privacy], marking={"tlp": "amber"}), by=h.org_id("a"))
    house.catch_up()
    shown = gallery.Gallery(hub="Hub")
    full = {"caict-2024@2024-12:" + code for code in (leak, robust, privacy)}
    assert full <= {*names.leaves("endogenous"), *names.leaves("derived")}
    for tags, expected in (
        ((), {leak: 31, robust: 5}),
        ((f"caict-2024@2024-12:{leak}",), {leak: 31}),
        ((f"caict-2024@2024-12:{privacy}",), {leak: 31, robust: 5}),
    ):
        asked = query.TrendQuery(("category",), tags=tags)
        with house.store.read() as session:
            viewer = access.PUBLIC(1_795_000_000)
            fig = shown.show(session, house.columns, viewer, asked, kind="matrix", lang="en", permalink="/")
        found = {row.code: [cell.value for cell in row.cells] for row in fig.rows}
        assert found == {f"caict-2024@2024-12:{code}": [count] for code, count in expected.items()}


def test_only_what_the_public_reads_is_kept_and_a_new_entry_shows_at_once(house: Any, h: Any) -> None:
    shown = gallery.Gallery(hub="Hub")

    def total(viewer: access.Viewer) -> str:
        with house.store.read() as session:
            args: Any = {"kind": "regions", "lang": "en", "permalink": "/"}
            return shown.show(session, house.columns, viewer, ASKED, **args).coverage

    def add(name: str, tlp: str) -> None:
        house.add("incident", h.incident(name, marking={"tlp": tlp}), by=h.org_id("a"))
        house.catch_up()

    add("one", "clear")
    public, member = access.PUBLIC(1_795_000_000), house.viewers()["member"]
    assert " of 1 records" in total(public)
    add("two", "green")
    assert " of 2 records" in total(member)
    assert " of 1 records" in total(public)
    add("three", "clear")
    assert " of 2 records" in total(public)


def test_the_csv_is_the_table_and_starts_no_formula(made: Any) -> None:
    figures = made.every("en", title="=HYPERLINK(1)")
    for fig in figures:
        text = sheet.text(fig)
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        assert [row["value"] for row in rows] == [str(cell.value) for row in fig.rows for cell in row.cells]
        assert all(row["as_of"] == "42" for row in rows)
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert sheet.text(figures[0], bom=True).startswith("\ufeff")
    assert {row["status"] for row in csv.DictReader(io.StringIO(sheet.text(figures[0])))} == {
        "published",
        "provisional",
    }


@pytest.mark.parametrize(
    ("code", "en", "zh"),
    [
        ("caict-2024@2024-12:endogenous.infrastructure", "Infrastructure", "基础设施"),
        ("caict-2024@2024-12:derived.individual-organisation.privacy-leak", "Personal-privacy leak", "不当使用致个人隐私泄露"),
        ("tocsin-ext@2026-11:derived.individual-organisation.personal-safety", "Personal safety", "人身安全"),
        ("unknown", "unknown", "unknown"),
    ],
)  # fmt: skip
def test_short_names_are_the_labels_own_words(code: str, en: str, zh: str) -> None:
    assert names.short(code, "en") == en
    assert names.short(code, "zh") == zh
