"""Pages, single records, histories and states: what is asked for, in order, and nothing else."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest

from tocsin_hub.catalogue import cursor, filters, search
from tocsin_hub.errors import HubError
from tocsin_hub.trends import query as trend_query
from tocsin_taxonomy.errors import TaxonomyError
from tocsin_trust import keys


@pytest.fixture
def stocked(any_house: Any, h: Any) -> Any:
    """Twelve public incidents over three sectors, two years and two languages; one finding; one mitigation."""
    a = h.org_id("a")
    for at in range(12):
        any_house.add(
            "incident",
            h.incident(
                f"Case {at} " + ("深度伪造诈骗" if at % 2 else "deepfake fraud"),
                tlp="clear",
                sector=f"isic@4:{'KAM'[at % 3]}",
                region=("un-m49@2024:156", "un-m49@2024:150", "unknown")[at % 3],
                occurred={"value": str(2023 + at % 2), "precision": "year", "basis": "occurred"},
                codes=["derived.individual-organisation.criminal-use"] if at % 2 else ["endogenous.model.backdoor"],
                potential=at % 6,
                record_type=("incident", "near-miss")[at % 2],
            ),
            by=a,
        )
    any_house.add("finding", h.finding(marking={"tlp": "clear"}), by=a)
    any_house.add("mitigation", h.mitigation(), by=a)
    any_house.catch_up()
    return any_house


def test_pages_follow_one_another_newest_first_without_gap_or_overlap(stocked: Any) -> None:
    public = stocked.viewers()["public"]
    everything = stocked.ids(public)
    walked: list[str] = []
    after = None
    while True:
        page = stocked.page(public, first=3, after=after)
        walked += [item.record_id for item in page.items]
        assert page.total == 14
        after = page.next_cursor
        if after is None:
            break
    assert walked == everything
    assert [item.rec for item in stocked.page(public).items] == sorted(range(14), reverse=True)


FOUND: list[tuple[dict[str, Any], int]] = [
    ({"kinds": ("incident",)}, 12),
    ({"kinds": ("finding", "mitigation")}, 2),
    ({"sectors": ("isic@4:K",)}, 4),
    ({"sectors": ("isic@4:K", "isic@4:A")}, 8),
    ({"regions": ("un-m49@2024:142",)}, 4),
    ({"regions": ("un-m49@2024:030",)}, 4),
    ({"regions": ("un-m49@2024:001",)}, 12),
    ({"regions": ("unknown",)}, 4),
    ({"regions": ("un-m49@2024:276",)}, 0),
    ({"years": (2023,)}, 6),
    ({"years": (2023, 2024)}, 12),
    ({"tags": ("caict-2024@2024-12:derived.individual-organisation",)}, 6),
    ({"tags": ("caict-2024@2024-12:derived.individual-organisation.criminal-use",)}, 6),
    ({"tags": ("caict-2024@2024-12:endogenous.model", "caict-2024@2024-12:derived.individual-organisation")}, 13),
    ({"severity_min": 4}, 4),
    ({"record_types": ("near-miss",)}, 6),
    ({"system_classes": ("tocsin-system-class@2026-11:llm-agent",)}, 1),
    ({"evidence_classes": ("first-hand",)}, 13),
    ({"priorities": ("high",)}, 2),
    ({"states": ("published",)}, 14),
    ({"orgs": ("org-" + "a" * 26,)}, 14),
    ({"orgs": ("org-" + "b" * 26,)}, 0),
    ({"since_unix_s": 1_790_000_000}, 14),
    ({"until_unix_s": 1_790_000_000}, 0),
    ({"text": "deepfake"}, 6),
    ({"text": "诈骗"}, 6),
    ({"text": "骗"}, 6),
    ({"text": "Case 7"}, 1),
    ({"text": "  "}, 14),
    ({"text": '"'}, 0),
    ({"text": "deepfake", "sectors": ("isic@4:K",), "years": (2023,)}, 2),
    ({"text": "诈骗", "tags": ("caict-2024@2024-12:derived.individual-organisation",)}, 6),
]


def test_filters_find_what_they_name(stocked: Any) -> None:
    for asked, count in FOUND:
        page = stocked.page(stocked.viewers()["public"], **asked)
        assert (len(page.items), page.total) == (count, count), asked


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"tags": ("endogenous.model",)}, "bare-code"),
        ({"tags": ("caict-2024@2024-12:nothing",)}, "unknown-code"),
        ({"tags": ("caict-1999@1:x",)}, "unknown-scheme"),
        ({"tags": ("unknown",)}, "bare-code"),
        ({"sectors": ("isic@4:ZZ",)}, "unknown-code"),
        ({"regions": ("Europe",)}, "bare-code"),
        ({"kinds": ("rumour",)}, "unknown-filter-value"),
        ({"states": ("withdrawn",)}, "unknown-filter-value"),
        ({"text": "a" * 201}, "search-too-long"),
        ({"text": " ".join(f"w{n}" for n in range(17))}, "search-too-long"),
    ],
)
def test_a_filter_that_names_nothing_known_is_refused(asked: dict[str, Any], code: str) -> None:
    with pytest.raises((HubError, TaxonomyError)) as refused:
        filters.RecordQuery(**asked)
    assert refused.value.code == code


def test_a_page_has_between_one_and_a_hundred_records(house: Any) -> None:
    for first in (0, -1, 101):
        with pytest.raises(HubError, match="first-out-of-range"):
            house.page(house.viewers()["public"], first=first)


def test_a_cursor_is_good_for_its_own_question_and_reader_only(stocked: Any, h: Any) -> None:
    viewers = stocked.viewers()
    made = stocked.page(viewers["member"], first=2, years=(2023,)).next_cursor
    assert len(stocked.page(viewers["member"], after=made, years=(2023,)).items) == 4
    for viewer, asked in [
        (viewers["member"], {"years": (2024,)}),
        (viewers["member"], {}),
        (viewers["other member"], {"years": (2023,)}),
        (viewers["public"], {"years": (2023,)}),
        (viewers["author"], {"years": (2023,)}),
    ]:
        with pytest.raises(HubError, match="bad-cursor"):
            stocked.page(viewer, after=made, **asked)
    for broken in ("", "x", made[:-4], made + "AAAA", made.swapcase(), "é" * 32, "A" * 32, made[1:] + made[0]):
        with pytest.raises(HubError, match="bad-cursor"):
            stocked.page(viewers["member"], after=broken, years=(2023,))


def test_every_bit_of_a_cursor_is_sealed(h: Any) -> None:
    viewer = h.House.viewers(None)["public"]
    bound = cursor.binding(b"q", viewer)
    made = cursor.seal(h.CURSOR_KEY, bound, 5)
    assert cursor.unseal(h.CURSOR_KEY, bound, made) == 5
    with pytest.raises(HubError):
        cursor.unseal(b"x" * 32, bound, made)


def test_a_record_is_found_by_its_id_and_by_every_digest_of_its_thread(any_house: Any, h: Any) -> None:
    a = h.org_id("a")
    first = any_house.add("incident", h.incident("One", tlp="clear"), by=a)
    second = any_house.add("amend", h.incident("Two", tlp="clear"), by=a, prev=first)
    any_house.catch_up()
    public = any_house.viewers()["public"]
    found = [any_house.get(public, ref) for ref in ("TOC-I-2026-000001", first.hex(), second.hex())]
    assert {item.content.title.text for item in found} == {"Two"}
    assert found[0].digest == second.hex()
    assert [any_house.get(public, ref) for ref in ("TOC-I-2026-000002", "0" * 64, "z" * 64, "", "'; --")] == [None] * 5
    with any_house.store.read() as session:
        versions = search.history(session, public, "TOC-I-2026-000001")
    assert [(v.index, v.kind, v.digest) for v in versions or ()] == [
        (0, "incident", first.hex()),
        (1, "amend", second.hex()),
    ]


def test_a_thread_tells_its_state_to_its_author_alone(any_house: Any, h: Any) -> None:
    key = keys.SigningKey.generate()
    first = any_house.add("incident", h.incident("Mine"), by=key)
    second = any_house.add("amend", h.incident("Mine still"), by=key, prev=first)
    any_house.catch_up()
    viewers = any_house.viewers(key.public.hex)
    with any_house.store.read() as session:
        mine = search.status(session, viewers["author"], first.hex())
        assert (mine.state, mine.amends, mine.head_digest, mine.index) == ("published", 1, second.hex(), 0)
        assert (mine.record_id, mine.as_of) == ("TOC-I-2026-000001", 2)
        refusals = set()
        for name, viewer in viewers.items():
            if name == "author":
                continue
            for digest in (first.hex(), "0" * 64, "no digest"):
                with pytest.raises(HubError) as refused:
                    search.status(session, viewer, digest)
                refusals.add((name, str(refused.value)))
    assert refusals == {
        (name, "login-required" if name == "public" else "not-found") for name in viewers if name != "author"
    }


def test_a_withdrawn_thread_still_tells_its_author(any_house: Any, h: Any) -> None:
    a = h.org_id("a")
    first = any_house.add("incident", h.incident(), by=a)
    any_house.add("withdraw", {"reason": "legal"}, by=a, prev=first)
    any_house.catch_up()
    with any_house.store.read() as session:
        mine = search.status(session, any_house.viewers()["member"], first.hex())
    assert (mine.state, mine.reason) == ("withdrawn", "legal")
    for viewer in any_house.viewers().values():
        assert any_house.get(viewer, "TOC-I-2026-000001").state == "withdrawn"


def test_an_answer_says_how_far_its_rows_have_come(any_house: Any, h: Any) -> None:
    any_house.add("incident", h.incident(tlp="clear"), by=h.org_id("a"))
    public = any_house.viewers()["public"]
    assert (any_house.page(public).as_of, any_house.page(public).total) == (0, 0)
    any_house.catch_up()
    assert (any_house.page(public).as_of, any_house.page(public).total) == (1, 1)


def test_every_question_takes_a_viewer() -> None:
    for module in (search, trend_query):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            takes = list(inspect.signature(function).parameters)
            if function.__module__ == module.__name__ and takes[:1] == ["session"] and name not in ("as_of", "_views"):
                assert "viewer" in takes, f"{module.__name__}.{name}"


def test_a_view_has_no_field_that_only_the_hub_should_know() -> None:
    from tocsin_hub.catalogue import view

    names = {field.name for field in dataclasses.fields(view.RecordView)}
    assert not names & {"readers", "embargo_until_unix_s", "recipients", "score"}
