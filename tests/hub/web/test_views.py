"""One question, four answers: the page, its CSV, its JSON, its feed and GraphQL agree; files are safe; nothing is asked twice."""

from __future__ import annotations

import csv
import gzip
import io
import re
from typing import Any
from xml.etree import ElementTree

import pytest

ATOM = "{http://www.w3.org/2005/Atom}"
CRIME = "caict-2024@2024-12:derived.individual-organisation.criminal-use"
VIEWS = (
    ("", {"kinds": ["incident"]}),
    (f"?tag={CRIME}&year=2024", {"kinds": ["incident"], "tags": [CRIME], "years": [2024]}),
    (
        "?q=voice&sector=isic@4:K&severity=3&region=un-m49@2024:142",
        {
            "kinds": ["incident"],
            "text": "voice",
            "sectors": ["isic@4:K"],
            "severityMin": 3,
            "regions": ["un-m49@2024:142"],
        },
    ),
    (
        "?type=near-miss&evidence=public-source",
        {"kinds": ["incident"], "recordTypes": ["near-miss"], "evidenceClasses": ["public-source"]},
    ),
)
QUERY = "query Q($f: RecordFilter) { records(first: 100, filter: $f) { totalCount nodes { recordId title { text } } } }"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(("query", "asked"), VIEWS)
def test_page_csv_json_feed_and_graphql_show_the_same_records(site: Any, query: str, asked: dict[str, Any]) -> None:
    answer = site.world.http.post("/graphql", json={"query": QUERY, "variables": {"f": asked}}).json()["data"][
        "records"
    ]
    wanted = [node["recordId"] for node in answer["nodes"]]
    page = site.page(f"/zh/incidents{query}")
    results = page[page.index('id="results"') :]
    assert re.findall(r'<span class="id">([^<]+)</span>', results) == wanted
    assert [row["record_id"] for row in rows(site.get(f"/en/incidents.csv{query}").text)] == wanted
    told = site.get(f"/en/incidents.json{query}").json()
    assert [record["recordId"] for record in told["records"]] == wanted
    assert told["total"] == answer["totalCount"] == len(wanted)
    feed = ElementTree.fromstring(site.get(f"/en/incidents.atom{query}").text)
    assert [e.findtext(f"{ATOM}title").split(" ")[0] for e in feed.iter(f"{ATOM}entry")] == wanted  # type: ignore[union-attr]
    permalink = told["permalink"].partition("/en/incidents")[2]
    assert [r["recordId"] for r in site.get(f"/en/incidents.json{permalink}").json()["records"]] == wanted


def test_each_number_beside_a_filter_is_what_the_filter_leaves(site: Any) -> None:
    page = site.page("/en/incidents?year=2024")
    checked = 0
    for name, options in re.findall(r'<select name="(\w+)">(.*?)</select>', page, re.DOTALL):
        for value, number in re.findall(r'<option value="([^"]+)"[^>]*>[^<]*\((\d+)\)', options):
            others = "" if name == "year" else "year=2024&"
            left = site.get(f"/en/incidents.json?{others}{name}={value}").json()
            assert left["total"] == int(number), (name, value)
            checked += 1
    assert checked > 20


def test_the_trend_table_is_the_same_in_csv_json_and_graphql(site: Any) -> None:
    query = "query { trends(by: [CATEGORY, YEAR], filter: {includeExercise: true}) { cells { count authorKeys keys { value } } } }"
    cells = site.world.http.post("/graphql", json={"query": query}).json()["data"]["trends"]["cells"]
    wanted = [(*(key["value"] for key in cell["keys"]), cell["count"], cell["authorKeys"]) for cell in cells]
    assert wanted
    by = "?by=category&by=year"
    lines = rows(site.get(f"/en/trends.csv{by}").text)
    assert [(r["category"], r["year"], int(r["count"]), int(r["author_keys"])) for r in lines] == wanted
    told = site.get(f"/zh/trends.json{by}").json()
    assert [(*cell["keys"], cell["count"], cell["authorKeys"]) for cell in told["cells"]] == wanted
    assert {r["status"] for r in lines} == {"published"}
    assert len({r["checkpoint"] for r in lines}) == 1


def test_a_csv_cell_is_no_formula_and_hides_nothing(site: Any) -> None:
    from tocsin_hub.web import exports

    lines = rows(site.get("/en/incidents.csv").text)
    titles = {row["record_id"]: row["title"] for row in lines}
    assert titles[site.ids["formula"]].startswith("'=HYPERLINK(")
    assert all(row["status"] == "published" for row in lines)
    for bad in ("=1", "+1", "-1", "@a", "\t=1", "\n=1", "＝1"):
        assert exports.cell(bad).startswith("'")
    assert exports.cell("\r=1") == "[U+000D]=1"
    assert exports.cell("a\u202eb") == "a[U+202E]b"
    assert exports.cell(None) == ""


def test_a_csv_for_a_spreadsheet_has_a_byte_order_mark_and_others_have_none(site: Any) -> None:
    assert site.get("/zh/incidents.csv?bom=1").content.startswith(b"\xef\xbb\xbfrecord_id")
    plain = site.get("/zh/incidents.csv")
    assert plain.content.startswith(b"record_id")
    assert plain.headers["content-disposition"] == 'attachment; filename="tocsin-incidents.csv"'
    assert b"\r\n" in plain.content


def test_a_feed_is_valid_and_its_ids_stay(site: Any) -> None:
    for lang in ("en", "zh"):
        for folder in ("incidents", "responses"):
            answer = site.get(f"/{lang}/{folder}.atom")
            assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
            feed = ElementTree.fromstring(answer.content)
            assert feed.tag == f"{ATOM}feed"
            links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
            assert links["self"].endswith(f"/{lang}/{folder}.atom")  # type: ignore[union-attr]
            for part in (feed, *feed.iter(f"{ATOM}entry")):
                for name in ("id", "title", "updated"):
                    assert len(part.findall(f"{ATOM}{name}")) == 1
                assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", part.findtext(f"{ATOM}id"))  # type: ignore[arg-type]
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", part.findtext(f"{ATOM}updated"))  # type: ignore[arg-type]
            assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    one, other = (ElementTree.fromstring(site.get(f"/{lang}/incidents.atom").content) for lang in ("en", "zh"))
    ids = [[entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")] for feed in (one, other)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 6


def test_pages_walk_the_whole_list_without_gap_or_repeat(site: Any) -> None:
    seen: list[str] = []
    path = "/en/incidents?first=2"
    while path:
        page = site.page(path)
        seen += re.findall(r'<span class="id">([^<]+)</span>', page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        path = found[1].replace("&amp;", "&") if found else ""
        if path:
            path += "&first=2"
    assert len(seen) == len(set(seen)) == 6


def test_a_page_is_sent_once_until_the_log_grows(site: Any) -> None:
    first = site.get("/en/incidents")
    assert first.headers["cache-control"] == "no-cache"
    etag = first.headers["etag"]
    again = site.get("/en/incidents", **{"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"]
    site.world.clock.now_unix_s += 301  # an embargo may have ended
    assert site.get("/en/incidents", **{"If-None-Match": etag}).status_code == 200
    site.world.clock.now_unix_s -= 301
    assert "etag" not in site.get("/en/queue").headers
    assert site.get("/en/queue").headers["cache-control"] == "no-store"


def test_a_page_is_compressed_for_who_takes_it(site: Any) -> None:
    packed = site.world.http.build_request("GET", "/en/incidents", headers={"Accept-Encoding": "gzip"})
    answer = site.world.http.send(packed, stream=True)
    raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert b"<h1>" in gzip.decompress(raw)
    plain = site.get("/en/incidents", **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"


def test_static_files_are_named_by_content_and_kept_for_ever(site: Any) -> None:
    page = site.page("/en/")
    names = set(re.findall(r'"(/static/[^"]+)"', page))
    assert {name.rsplit(".", 1)[1] for name in names} == {"css", "js", "svg"}
    for name in names:
        answer = site.get(name)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        if name.endswith(".css"):
            for inner in re.findall(r'url\("([^"]+)"\)', answer.text):
                assert site.get(f"/static/{inner}").status_code == 200
            assert "http:" not in answer.text
            assert "@import" not in answer.text
    assert site.get("/static/app.000000000000.css").status_code == 404
    assert site.get("/static/..%2fface.py").status_code == 404


def test_every_worked_example_of_the_api_page_runs(site: Any) -> None:
    from tocsin_hub.web import examples

    for example in examples.EXAMPLES:
        asked = {"query": example.query, "variables": example.variables}
        answer = site.world.http.post("/graphql", json=asked).json()
        assert "errors" not in answer, (example.key, answer)
        assert answer["data"]


def test_a_record_is_taken_away_as_a_stix_bundle_that_a_strict_reader_takes(site: Any) -> None:
    import stix2

    for folder, name, kind in (
        ("incidents", "chain", "incident"),
        ("incidents", "script", "incident"),
        ("responses", "response", "course-of-action"),
    ):
        answer = site.get(f"/en/{folder}/{site.ids[name]}.stix.json")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/stix+json;version=2.1"
        bundle = stix2.parse(answer.text, allow_custom=True)
        main = [found for found in bundle.objects if found["type"] == kind]
        assert main[0]["name"].startswith(site.ids[name])
        assert site.get(f"/zh/{folder}/{site.ids[name]}.stix.json").content == answer.content
    assert site.get(f"/en/incidents/{site.ids['gone']}.stix.json").status_code == 404
    assert site.get(f"/en/incidents/{site.ids['members only']}.stix.json").status_code == 404
