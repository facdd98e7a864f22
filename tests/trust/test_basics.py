"""The shortest trip: what is built can be sealed, opened, read, logged and read back."""

from __future__ import annotations

from tocsin_trust import certificate, documents, dsse, keys, leaf, statement

AUD = "hub.example"
ORG = "org-" + "a" * 26
DAY_S = 86_400


def test_a_statement_travels_through_envelope_and_leaf() -> None:
    key = keys.SigningKey.generate()
    payload = statement.build(
        kind="incident", aud=AUD, mode="attributed", kid=key.public.hex, cred=ORG, iat_unix_s=1000, prev=None, dir=None, body={"a": 1}
    )  # fmt: skip
    opened = dsse.unseal(dsse.seal(statement.payload_type("incident"), payload, key))
    found = statement.read(opened)
    assert (found.kind, found.key, found.body, found.digest) == ("incident", key.public, {"a": 1}, opened.digest)
    read_back = leaf.parse(leaf.text(opened, found))
    assert (read_back.digest, read_back.author_key, read_back.signature) == (
        opened.digest,
        key.public.hex,
        opened.signature,
    )
    assert read_back.prev is None


def test_a_certificate_vouches_for_its_key_only() -> None:
    issuer, author = keys.SigningKey.generate(), keys.SigningKey.generate()
    text = certificate.issue(aud=AUD, author_key=author.public.hex, not_after_unix_s=90 * DAY_S, key=issuer)
    found = certificate.read(text, issuers=[issuer.public], aud=AUD, author_key=author.public.hex)
    assert found == certificate.Certificate(90 * DAY_S, issuer.public)


def test_the_three_documents_say_what_they_were_asked_to_say() -> None:
    key, root, author = (keys.SigningKey.generate() for _ in range(3))
    request = documents.enrolment_request(
        aud=AUD, org=ORG, kind="member", sector="isic@4:K", region="un-m49@2024:156", agreement="1", key=key, root=root
    )
    assert documents.read_enrolment_request(request, AUD).root == root.public
    answer = documents.login(aud=AUD, nonce="n" * 16, iat_unix_s=3, key=key)
    assert documents.read_login(answer, AUD).nonce == "n" * 16
    asked = documents.pseudonym_request(aud=AUD, org=ORG, author_key=author, iat_unix_s=3, key=key)
    assert documents.read_pseudonym_request(asked, AUD).author_key == author.public
