"""Requests and logins: made for one hub, by the holders of the keys they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tocsin_trust import certificate, documents, dsse, errors, fields, jsonstrict, keys, kinds

AUD = "hub.example/tocsin"
ORG = "org-" + "a" * 26
KEY, ROOT, AUTHOR = (keys.SigningKey.from_seed(bytes([n]) * 32) for n in (1, 2, 3))


def enrolment(**changes: Any) -> bytes:
    members = {
        "aud": AUD,
        "org": ORG,
        "kind": "member",
        "sector": "isic@4:K",
        "region": "un-m49@2024:156",
        "agreement": "2026-06",
    }
    return documents.enrolment_request(**(members | {"key": KEY, "root": ROOT} | changes))


MAKERS: dict[str, tuple[Callable[[], bytes], Callable[[bytes, str], Any]]] = {
    "enrolment-request": (enrolment, documents.read_enrolment_request),
    "login": (lambda: documents.login(aud=AUD, nonce="n" * 16, iat_unix_s=3, key=KEY), documents.read_login),
    "pseudonym-request": (
        lambda: documents.pseudonym_request(aud=AUD, org=ORG, author_key=AUTHOR, iat_unix_s=3, key=KEY),
        documents.read_pseudonym_request,
    ),
}


def changed(kind: str, changes: dict[str, Any], signer: keys.SigningKey = KEY) -> bytes:
    members = jsonstrict.loads(dsse.unseal(MAKERS[kind][0]()).payload) | changes
    return dsse.seal(kinds.payload_type(kind), jsonstrict.dumps(members), signer)


def test_a_request_names_both_keys_and_no_name() -> None:
    found = documents.read_enrolment_request(enrolment(demo=True), AUD)
    assert (found.key, found.root, found.org, found.demo) == (KEY.public, ROOT.public, ORG, True)
    assert set(jsonstrict.loads(dsse.unseal(enrolment()).payload)) == set(documents._ENROLMENT)


def test_a_login_and_a_pseudonym_request_are_read_back() -> None:
    assert documents.read_login(MAKERS["login"][0](), AUD) == documents.Login(AUD, KEY.public, "n" * 16, 3)
    asked = documents.read_pseudonym_request(MAKERS["pseudonym-request"][0](), AUD)
    assert (asked.key, asked.author_key, asked.org) == (KEY.public, AUTHOR.public, ORG)


@pytest.mark.parametrize("kind", MAKERS)
def test_a_document_for_another_hub_is_refused(kind: str) -> None:
    maker, read = MAKERS[kind]
    with pytest.raises(errors.DocumentError) as caught:
        read(maker(), "other.example")
    assert caught.value.code == "wrong-audience"


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("other", MAKERS)
def test_a_document_is_of_its_type_only(kind: str, other: str) -> None:
    if kind != other:
        with pytest.raises(errors.DocumentError):
            MAKERS[kind][1](MAKERS[other][0](), AUD)


@pytest.mark.parametrize("kind", MAKERS)
def test_a_document_is_signed_by_the_key_it_names(kind: str) -> None:
    with pytest.raises(errors.DocumentError):
        MAKERS[kind][1](changed(kind, {}, ROOT), AUD)


WRONG = [
    ("enrolment-request", {"org": "org-short"}),
    ("enrolment-request", {"kind": "operator"}),
    ("enrolment-request", {"demo": 0}),
    ("enrolment-request", {"root": ROOT.public.hex, "org": "org-" + "b" * 26}),
    ("enrolment-request", {"root": AUTHOR.public.hex}),
    ("enrolment-request", {"root_proof": "AAAA"}),
    ("enrolment-request", {"sector": ""}),
    ("enrolment-request", {"agreement": "a\nb"}),
    ("enrolment-request", {"name": "Acme"}),
    ("enrolment-request", {"v": 2}),
    ("login", {"nonce": "short"}),
    ("login", {"nonce": "n" * 513}),
    ("login", {"iat": "3"}),
    ("pseudonym-request", {"author_key": ROOT.public.hex}),
    ("pseudonym-request", {"author_key": KEY.public.hex}),
    ("pseudonym-request", {"org": "org-" + "b" * 26}),
    ("pseudonym-request", {"iat": True}),
]


@pytest.mark.parametrize(("kind", "changes"), WRONG, ids=str)
def test_a_document_that_says_something_else_is_refused(kind: str, changes: dict[str, Any]) -> None:
    with pytest.raises(errors.DocumentError) as caught:
        MAKERS[kind][1](changed(kind, changes), AUD)
    assert caught.value.code == "malformed-document"


def test_one_key_is_not_root_and_operational() -> None:
    with pytest.raises(errors.DocumentError):
        enrolment(root=KEY)


def test_what_its_reader_would_refuse_is_not_made() -> None:
    for wrong in ({"org": "acme"}, {"kind": "x"}, {"aud": "two words"}):
        with pytest.raises(errors.DocumentError):
            enrolment(**wrong)


def test_a_certificate_vouches_for_one_key_at_one_hub() -> None:
    issuer = keys.SigningKey.generate()
    made: dict[str, Any] = {"aud": AUD, "author_key": AUTHOR.public.hex, "not_after_unix_s": 90 * 86_400, "key": issuer}
    text = certificate.issue(**made)
    right: dict[str, Any] = {"issuers": [issuer.public], "aud": AUD, "author_key": AUTHOR.public.hex}
    assert certificate.read(text, **right) == certificate.Certificate(90 * 86_400, issuer.public)
    wrong: dict[str, Any]
    for wrong in ({"issuers": [KEY.public]}, {"issuers": []}, {"aud": "other.example"}, {"author_key": KEY.public.hex}):
        with pytest.raises(errors.CertificateError):
            certificate.read(text, **(right | wrong))
    for spoilt in ("", "AAAA", text[:-4], text + "=", fields.b64(enrolment())):
        with pytest.raises(errors.CertificateError):
            certificate.read(spoilt, **right)
    with pytest.raises(errors.CertificateError):
        certificate.issue(**(made | {"not_after_unix_s": 1}))
