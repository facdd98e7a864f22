"""Claims about who may read: TLP 2.0 with an audience gives exactly the readers of the table, and doubt gives nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tocsin_taxonomy import marking, vocab
from tocsin_taxonomy.marking import Marking

EVERYBODY = set(vocab.AUDIENCE)


@pytest.mark.parametrize(
    ("tlp", "readers"),
    [
        ("clear", EVERYBODY),
        ("green", EVERYBODY - {"public"}),
        ("amber", {"members", "industry-bodies"}),
        ("amber+strict", {"members"}),
        ("red", set()),
    ],
)
def test_a_level_has_its_readers(tlp: str, readers: set[str]) -> None:
    assert marking.readers(Marking(tlp=tlp)) == readers == marking.default_readers(tlp)


def test_a_record_without_marking_is_amber() -> None:
    assert Marking().tlp == "amber"


@pytest.mark.parametrize("tlp", ["amber", "amber+strict"])
def test_the_amber_levels_may_add_regulators(tlp: str) -> None:
    assert marking.readers(Marking(tlp=tlp, audience=("members", "regulators"))) == {"members", "regulators"}


@pytest.mark.parametrize(
    ("tlp", "group"),
    [
        ("green", "public"),
        ("amber", "public"),
        ("amber", "peers"),
        ("amber+strict", "industry-bodies"),
        ("red", "members"),
    ],
)
def test_an_audience_beyond_the_level_is_refused(tlp: str, group: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Marking(tlp=tlp, audience=(group,))
    assert caught.value.errors()[0]["type"] == "audience-too-wide"


def test_an_empty_audience_and_a_group_nobody_knows_are_read_by_the_author_alone() -> None:
    assert marking.readers(Marking(tlp="clear", audience=())) == frozenset()
    assert marking.readers(Marking(tlp="clear", audience=("group:banks",))) == frozenset()
    assert marking.readers(Marking.model_construct(tlp="white")) == frozenset()
    assert marking.readers(Marking.model_construct(tlp="clear", audience=("public", "friends"))) == frozenset()


@given(st.sampled_from(vocab.TLP), st.none() | st.lists(st.sampled_from(vocab.AUDIENCE), max_size=5))
def test_an_audience_never_reaches_further_than_level_and_regulators(tlp: str, audience: list[str] | None) -> None:
    try:
        made = Marking(tlp=tlp, audience=None if audience is None else tuple(audience))
    except ValidationError:
        return
    allowed = marking.default_readers(tlp) | ({"regulators"} if tlp.startswith("amber") else set())
    assert marking.readers(made) <= allowed
    if audience is not None:
        assert marking.readers(made) == set(audience)


def test_recipients_belong_to_red() -> None:
    org = "org-" + "a" * 26
    assert Marking(tlp="red", recipients=(org, "group:certs")).recipients == (org, "group:certs")
    with pytest.raises(ValidationError):
        Marking(tlp="amber", recipients=(org,))
    with pytest.raises(ValidationError):
        Marking(tlp="red", recipients=("Acme",))


@pytest.mark.parametrize(
    ("value", "unix_s"),
    [("2026-01-01", 1767225600), ("2026-01-01T00:00:00Z", 1767225600), ("2026-01-01T08:00:00+08:00", 1767225600)],
)
def test_an_embargo_is_a_day_or_a_moment_with_its_offset(value: str, unix_s: int) -> None:
    assert Marking(embargo_until=value).embargo_unix_s == unix_s


@pytest.mark.parametrize("value", ["tomorrow", "2026-02-30", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "20260101"])
def test_an_embargo_without_a_clear_moment_is_refused(value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Marking(embargo_until=value)
    assert caught.value.errors()[0]["type"] == "date-precision"
