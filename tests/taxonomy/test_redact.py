"""Claims about the shared redaction rules: each class is found wherever it stands, and clean text is left alone."""

from __future__ import annotations

import hashlib
import re
import time
import uuid
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_taxonomy import crosswalk, errors, fields, redact, regions, report, schemes

# Made-up values with right check digits, put together here so that no scanner takes this file for a leak.
CN_ID = "11010519491231" + "002X"
ORG_ID = "91350100M0" + "00100Y43"
CARD = "4111 1111 " + "1111 1111"
IBAN = "DE89 3704 0044 " + "0532 0130 00"
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----"
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
GITHUB = "ghp_" + "a1B2c3D4" * 4 + "e5F6"
JWT = "eyJhbGciOiJI" + "UzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJlMTIz"
MAIL = "li.lei@" + "bank-of-somewhere.cn"

FOUND = [
    ("national-id", CN_ID),
    ("national-id", CN_ID.lower()),
    ("national-id", "１１０１０５１９４９１２３１００２Ｘ"),
    ("organisation-id", ORG_ID),
    ("card", CARD),
    ("card", CARD.replace(" ", "")),
    ("card", CARD.replace(" ", "-")),
    ("iban", IBAN),
    ("iban", IBAN.replace(" ", "")),
    ("iban", "GB82WEST" + "12345698765432"),
    ("private-key", PEM),
    ("private-key", "-----BEGIN " + "PRIVATE KEY-----"),
    ("private-key", "-----BEGIN OPENSSH " + "PRIVATE KEY-----"),
    ("token", AWS),
    ("token", GITHUB),
    ("token", JWT),
    ("token", "sk-proj-" + "Abc123Def456Ghi789Jkl"),
    ("token", "hf_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dE"),
    ("token", "LTAI" + "5tQnKxWq3mZpVb7c"),
    ("e-mail", MAIL),
    ("e-mail", "John_Doe+x@" + "corp.example.co.uk"),
    ("bidi", "\u202e"),
    ("bidi", "\u2066"),
    ("bidi", "\u200f"),
    ("invisible", "\u200b"),
    ("invisible", "\ufeff"),
    ("invisible", "\u00ad"),
    ("invisible", "\u3164"),
    ("invisible", "\U000e0041"),
    ("control", "\x1b[31m"),
    ("control", "\x00"),
    ("control", "\r"),
    ("control", "\x85"),
]


@pytest.mark.parametrize("around", ["{}", "see {} there", "客户{}已泄露", "证号：{}。", "({})", "a\n{}\nb"])
@pytest.mark.parametrize(("class_", "value"), FOUND)
def test_a_class_is_found_alone_in_a_sentence_and_glued_to_chinese(class_: str, value: str, around: str) -> None:
    text = around.format(value)
    hits = redact.findings(text)
    assert class_ in {hit.class_ for hit in hits}
    assert {hit.class_ for hit in hits} <= set(redact.CLASSES)
    for hit in hits:
        assert 0 <= hit.start < hit.end <= len(text)


CLEAN = [
    "CVE-2024-12345 and CVE-2021-1234567, CWE-79, GHSA-xvch-5gv4-984h",
    "AML.T0051.001 then AML.TA0002, AML.M0015, AMLCS0010",
    "version 2.13.0, v1.0.0-rc.1, python 3.11.7, package@1.2.3",
    "2024-01-02 2024-02-03 2024-03-04, 2024-Q1, 20240102",
    "10.1145/3442188.3445922 and arXiv 2505.04291",
    hashlib.sha256(b"a").hexdigest() + " " + hashlib.sha1(b"a").hexdigest(),
    str(uuid.uuid5(uuid.NAMESPACE_DNS, "a")),
    "caict-2024@2024-12:derived.humanity, isic@4:K, un-m49@2024:030, owasp-llm@2025:LLM01",
    "org-" + "abcdefghijklmnopqrstuvwxyz" + " TOC-I-2026-000042",
    "HK$200,000,000 or 25 000 000 dollars; 1,234,567,890,123,456 tokens",
    "risk-based, task-oriented, desk-research; sk-SK; high-risk-system-with-many-hyphens",
    "the eyJ prefix, the AKIA prefix, ghp_ and hf_ as words",
    "a public key: -----BEGIN PUBLIC KEY-----",
    "https://example.org/photos/4111111111111111?id=5500000000000004",
    "write to security@example.com or a@host.invalid; git@github.com:org/repo",
    "https://social.example/@somebody and @decorator",
    "客服助手在间接提示注入后返回了另一位客户的个人信息，损失约2亿港元（2024年第一季度）。",
    "می‌خواهم",
    "क्‍ष",
    "👩‍💻 ❤️ and 👨‍👩‍👧",
    "tab\tand\nnew line",
    "110105194912310021",  # the check digit is wrong
    "4111 1111 1111 1112",  # Luhn fails
    "DE88 3704 0044 0532 0130 00",  # mod 97 fails
    "1234567890123456789 1700000000000 4294967296",
    "F1 0.8333333333333334, p = 0.0000000000000001",
]


@pytest.mark.parametrize("text", CLEAN)
def test_clean_text_is_left_alone(text: str) -> None:
    assert redact.findings(text) == []


def test_names_of_our_own_schemes_and_crosswalks_are_clean() -> None:
    for name in schemes.all_schemes():
        scheme = schemes.load(*name.split("@"))
        for entry in scheme.codes.values():
            for label in entry.labels.values():
                assert redact.findings(f"{name}:{entry.code} {label}") == []
    for rows in crosswalk.tables().values():
        assert not any(redact.findings(row.reason) for row in rows)


@given(st.text(max_size=300))
def test_offsets_always_lie_in_the_text(text: str) -> None:
    for hit in redact.findings(text):
        assert 0 <= hit.start < hit.end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "a@" * 2000,
        "1 " * 2000,
        "1-" * 2000,
        "A1" * 2000,
        "eyJ" * 1300,
        "sk-" * 1300,
        "x.y@" + "a." * 1900,
        "DE12 " * 800,
        "-----BEGIN " * 360,
    ],
)
def test_no_text_makes_a_rule_slow(text: str) -> None:
    start = time.perf_counter()
    redact.findings(text[:4000])
    assert time.perf_counter() - start < 0.2


def test_a_refusal_names_path_and_class_and_never_the_value(bodies: SimpleNamespace) -> None:
    body = bodies.incident(summary=bodies.text(f"write to {MAIL} please"))
    with pytest.raises(errors.TaxonomyError) as caught:
        redact.check(report.parse("incident", body, mode="attributed"))
    error = caught.value
    assert (error.code, error.where, error.detail) == ("identifying-text", "summary.text", "e-mail")
    assert MAIL not in repr(error)


@pytest.mark.parametrize(
    ("kind", "more", "where"),
    [
        ("incident", {"response": {"actions_taken": {"text": MAIL, "language": "en"}}}, "response.actions_taken.text"),
        ("incident", {"links": [{"relation": "same-as", "source": "AIID", "external_id": MAIL}]}, "links.0.external_id"),
        ("incident", {"references": [{"url": "https://h.example/?u=" + MAIL}]}, "references.0.url"),
        ("incident", {"provenance": {"source": MAIL, "licence": "CC"}}, "provenance.source"),
        ("finding", {"tool": {"name": MAIL, "version": None}}, "tool.name"),
        ("finding", {"metrics": [{"name": MAIL, "value": 1.0, "better": "lower"}]}, "metrics.0.name"),
        ("finding", {"dataset_id": MAIL}, "dataset_id"),
        ("mitigation", {"statement": {"alternatives": [{"text": MAIL, "language": "en"}]}}, "statement.alternatives.0.text"),
        ("mitigation", {"applicability": {"preconditions": [{"text": MAIL, "language": "en"}]}}, "applicability.preconditions.0.text"),
        ("mitigation", {"techniques_mitigated": [{"tag": "mitre-atlas@5.6.0:AML.T0051", "how": {"text": MAIL, "language": "en"}}]}, "techniques_mitigated.0.how.text"),
        ("mitigation", {"known_bypass": {"text": MAIL, "language": "en"}}, "known_bypass.text"),
    ],
)  # fmt: skip
def test_every_place_a_person_can_write_in_is_looked_at(
    kind: str, more: dict[str, object], where: str, bodies: SimpleNamespace
) -> None:
    record = report.parse(kind, bodies.of[kind](**more), mode="attributed")
    assert [(r.where, r.detail) for r in redact.refusals(record)] == [(where, "e-mail")]


def _parts() -> dict[str, type[fields.Part]]:
    found: list[type[fields.Part]] = [fields.Part]
    for model in found:
        found += [m for m in model.__subclasses__() if m not in found and m.__module__.startswith("tocsin_taxonomy")]
    return {model.__name__: model for model in found if model.__name__ not in {"Part", "Record", "Reported"}}


def _open_fields(model: type[fields.Part], parts: dict[str, type[fields.Part]]) -> set[str]:
    """Names of fields that could hold a person's words: strings that are no closed list, code, digest or date, or such parts."""
    found = set()
    for name, info in model.model_fields.items():
        schema = str(info.annotation) + str(info.metadata)
        shaped = "pattern='^" in schema and "https" not in schema
        coded = "_coded" in schema or name in {
            "scheme",
            "edition",
            "code",
            "via",
            "from_",
            "to",
            "value",
            "primary_category",
        }
        below = [parts[part] for part in re.findall(r"tocsin_taxonomy\.\w+\.(\w+)", schema) if part in parts]
        words = re.search(r"\bstr\b", schema) and not (shaped or coded or "Literal[" in schema)
        if words or any(part.spoken for part in below):
            found.add(name)
    return found


def test_no_open_string_is_forgotten_by_the_redaction_check() -> None:
    parts = _parts()
    assert len(parts) > 25
    for model in parts.values():
        assert _open_fields(model, parts) <= set(model.spoken), model
        assert set(model.spoken) <= set(model.model_fields)


def test_an_importer_can_drop_what_is_hidden_and_keep_what_is_written() -> None:
    text = "a\r\n\r\nb\u200b c\u202ed\x1b\u3164 می\u200cخواهم"
    clean = redact.without_hidden(text)
    assert clean == "a\n\nb cd می\u200cخواهم"
    assert redact.findings(clean) == []


def test_a_coarser_date_is_one_that_still_holds() -> None:
    day = fields.Occurred(value="2024-05-03", precision="day", basis="reported")
    assert [redact.coarsen_occurred(day, to).value for to in ("month", "quarter", "year")] == [
        "2024-05",
        "2024-Q2",
        "2024",
    ]
    year = fields.When(value="2024", precision="year")
    assert redact.coarsen_occurred(year, "quarter") is year
    assert redact.coarsen_occurred(day, "quarter").basis == "reported"


def test_a_coarser_region_lies_around_the_old_one() -> None:
    for code in schemes.load("un-m49", "2024").codes:
        compact = f"un-m49@2024:{code}"
        coarse = redact.coarsen_region(compact, "sub-region")
        assert regions.covers(coarse, compact)
        assert regions.coarseness(coarse) != "country"
