"""Claims about the schemes shipped: complete, named in both languages, one tree each."""

from __future__ import annotations

import pytest

from tocsin_taxonomy import errors, regions, schemes, vocab

# ATLAS has no Chinese names of its own; there the English name stands.
ENGLISH_ONLY = {"mitre-atlas"}
EVERY = schemes.all_schemes()


def _load(name: str) -> schemes.Scheme:
    scheme, edition = name.split("@")
    return schemes.load(scheme, edition)


def test_caict_has_two_layers_seven_categories_and_thirty_nine_subcategories() -> None:
    scheme = _load(schemes.CAICT)
    layers = [e for e in scheme.codes.values() if not e.selectable]
    leaves = [
        e
        for e in scheme.codes.values()
        if e.selectable and schemes.ancestors(schemes.Code("caict-2024", "2024-12", e.code))
    ]
    assert (len(layers), len(schemes.categories()), len(leaves)) == (2, 7, 39)
    assert [sum(e.layer == layer for e in leaves) for layer in ("endogenous", "derived")] == [21, 18]
    assert {"response_strategies", "lifecycle", "controls_by_layer", "analysis", "roles", "governance_pillars"} <= set(
        scheme.lists
    )


def test_isic_has_its_21_sections_and_the_system_classes_are_18() -> None:
    assert "".join(_load(schemes.ISIC).codes) == "ABCDEFGHIJKLMNOPQRSTU"
    assert len(_load(schemes.SYSTEM_CLASS).codes) == 18


def test_m49_has_249_countries_in_24_sub_regions_of_five_regions_of_one_world() -> None:
    layers = [e.layer for e in _load(schemes.M49).codes.values()]
    assert [layers.count(layer) for layer in regions.COARSENESS] == [249, 24, 5, 1]
    for code in ("156", "158", "344", "446", "840", "276", "566"):
        assert schemes.ancestors(schemes.Code("un-m49", "2024", code))[-1].code == "001"


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("mit-ai-risk-domain@2025", 7 + 24),
        ("owasp-llm@2023", 10),
        ("owasp-llm@2025", 10),
        ("owasp-llm@2026", 10),
        ("nist-ai-600-1@2024", 12),
        ("mitre-atlas@5.6.0", 16 + 170 + 35),
        ("genai-incidents-vector@2.13", 39),
        ("tocsin-ext@2026-11", 1),
        ("tocsin-sev@1", 6),
    ],
)
def test_an_edition_has_as_many_codes_as_its_owner_counts(name: str, count: int) -> None:
    assert len(_load(name).codes) == count


def test_mit_has_seven_domains_of_24_subdomains_and_atlas_69_sub_techniques() -> None:
    mit = _load("mit-ai-risk-domain@2025").codes.values()
    assert [sum(e.parent is None for e in mit), sum(e.parent is not None for e in mit)] == [7, 24]
    atlas = _load("mitre-atlas@5.6.0").codes.values()
    assert [sum(e.layer == layer for e in atlas) for layer in ("tactic", "technique", "mitigation")] == [16, 170, 35]
    assert sum(e.parent is not None for e in atlas) == 69


@pytest.mark.parametrize("name", EVERY)
def test_every_code_has_a_name_in_both_languages(name: str) -> None:
    scheme = _load(name)
    assert scheme.labels["en"]
    assert scheme.labels["zh"]
    assert scheme.source
    assert scheme.licence
    assert str(scheme) == name
    for entry in scheme.codes.values():
        assert all(entry.labels[lang].strip() for lang in ("en", "zh")), entry.code
        if scheme.scheme not in ENGLISH_ONLY:
            assert any("\u4e00" <= letter <= "\u9fff" for letter in entry.labels["zh"]), entry.code


@pytest.mark.parametrize("name", EVERY)
def test_every_parent_exists_and_every_compact_code_reads_back(name: str) -> None:
    scheme = _load(name)
    for entry in scheme.codes.values():
        code = schemes.Code(scheme.scheme, scheme.edition, entry.code)
        assert schemes.parse(str(code)) == code
        assert code not in schemes.ancestors(code)
        for above in schemes.ancestors(code):
            assert schemes.require(above).selectable
        above_all = schemes.parent(code)
        if above_all is not None:
            assert code in schemes.children(above_all)


def test_an_extension_hangs_under_the_category_of_the_other_scheme() -> None:
    leaf = schemes.parse("tocsin-ext@2026-11:derived.individual-organisation.personal-safety")
    category = schemes.parse("caict-2024@2024-12:derived.individual-organisation")
    assert schemes.ancestors(leaf) == (category,)
    assert leaf in schemes.children(category)
    assert schemes.category(leaf) == category


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("LLM01", "bare-code"),
        ("LLM01:2025", "bare-code"),
        ("owasp-llm:LLM01", "bare-code"),
        ("owasp-llm@2025:", "bare-code"),
        (" owasp-llm@2025:LLM01", "bare-code"),
        ("nothing@1:A", "unknown-scheme"),
        ("isic@9:A", "unknown-edition"),
        ("isic@4:AA", "unknown-code"),
        ("../isic@4:A", "bare-code"),
    ],
)
def test_a_code_that_does_not_exist_is_refused_by_what_is_wrong(text: str, code: str) -> None:
    with pytest.raises(errors.TaxonomyError) as caught:
        schemes.resolve(text)
    assert caught.value.code == code


def test_labels_are_chosen_by_language() -> None:
    code = schemes.parse("caict-2024@2024-12:derived.humanity")
    assert (schemes.label(code, "en"), schemes.label(code, "zh-CN")) == ("Humanity", "全人类层面")


def test_a_region_covers_what_lies_in_it_and_nothing_else() -> None:
    asia, eastern, china, europe = (f"un-m49@2024:{c}" for c in ("142", "030", "156", "150"))
    assert regions.covers(asia, china)
    assert regions.covers(china, china)
    assert not regions.covers(eastern, asia)
    assert not regions.covers(europe, china)
    assert regions.intersecting([eastern]) >= {regions.WORLD, asia, eastern, china}
    assert europe not in regions.intersecting([eastern])


def test_words_without_a_place_lie_in_the_world_only() -> None:
    assert regions.covers(regions.WORLD, "unknown")
    assert not regions.covers("un-m49@2024:142", "unknown")
    assert "multiple" in regions.intersecting([regions.WORLD])
    assert "multiple" not in regions.intersecting(["un-m49@2024:142"])


def test_coarsening_stops_at_the_first_region_that_is_coarse_enough() -> None:
    nigeria = "un-m49@2024:566"
    assert [regions.coarsen(nigeria, to)[-3:] for to in regions.COARSENESS] == ["566", "011", "002", "001"]
    assert regions.coarsen("un-m49@2024:010", "sub-region") == regions.WORLD
    assert regions.coarsen("withheld", "world") == "withheld"


def test_a_country_is_found_by_its_two_letters() -> None:
    assert [regions.by_alpha2(letters)[-3:] for letters in ("CN", "hk", "US", "DE")] == ["156", "344", "840", "276"]
    with pytest.raises(errors.TaxonomyError):
        regions.by_alpha2("XX")


def test_the_closed_lists_taken_from_the_seed_report_are_its_lists() -> None:
    lists = _load(schemes.CAICT).lists

    def slugs(rows: list[dict[str, str]]) -> list[str]:
        return [row["slug"] for row in rows]

    assert list(vocab.STAGES) == slugs(lists["lifecycle"])
    assert list(vocab.STRATEGY) == slugs(lists["response_strategies"])
    assert list(vocab.LOSS_TYPES) == slugs(lists["analysis"]["loss_types"])
    assert list(vocab.STAKEHOLDER_KINDS) == slugs(lists["roles"])
    assert list(vocab.LAYER) == list(lists["controls_by_layer"])
    assert list(vocab.PRIORITY) == slugs(lists["evaluation"]["priority"])
    assert set(slugs(lists["analysis"]["harm_subjects"])) <= set(vocab.HARM_SUBJECTS)
    for name, rows in (
        ("stages", lists["lifecycle"]),
        ("strategy", lists["response_strategies"]),
        ("loss_types", lists["analysis"]["loss_types"]),
    ):
        for row in rows:
            assert vocab.label(name, row["slug"], "zh") == row["zh"]


def test_severity_has_an_example_for_every_step_of_every_dimension_in_both_languages() -> None:
    anchors = _load(schemes.SEVERITY).lists["anchors"]
    assert list(anchors) == list(vocab.DIMENSIONS)
    for steps in anchors.values():
        assert list(steps) == ["0", "1", "2", "3", "4", "5"]
        assert all(step[lang].strip() for step in steps.values() for lang in ("en", "zh"))
