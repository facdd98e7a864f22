"""Attacks on the door of a hub, through real HTTP and real SQLite; numbers are those of the threat model's list.

Each attack stands beside a negative control: the same act done honestly, which must pass, or a checker that must complain.
"""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

import pytest

from tocsin_trust import certificate, documents, dsse, jsonstrict, keys, receipt, statement
from tocsin_trust import errors as trust_errors

INCIDENT_TYPE = statement.payload_type("incident")


def _payload(envelope: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(json.loads(envelope)["payload"]))
    return found


def _resealed(envelope: bytes, key: keys.SigningKey, **changes: Any) -> bytes:
    """The statement with members changed and honestly signed again: what a member with a patched client can do."""
    said = {**_payload(envelope), **changes}
    return dsse.seal(statement.payload_type(said["kind"]), jsonstrict.dumps(said), key)


def _edited(envelope: bytes, **changes: Any) -> bytes:
    """The envelope's text with members changed and the signature left alone."""
    return json.dumps({**json.loads(envelope), **changes}).encode()


def _with_payload(payload: bytes, key: keys.SigningKey) -> bytes:
    """Any bytes as the payload of an incident, signed."""
    return dsse.seal(INCIDENT_TYPE, payload, key)


@pytest.fixture
def member(world: Any) -> Any:
    return world.member()


def test_01_the_same_bytes_twice_get_the_same_index_and_receipt(world: Any, member: Any) -> None:
    envelope = member.seal()
    first, again = world.post(envelope), world.post(envelope)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["tocsin-index"] == again.headers["tocsin-index"]
    assert again.headers["tocsin-replayed"] == "true"
    assert first.content == again.content
    assert world.post(member.seal()).headers["tocsin-index"] != first.headers["tocsin-index"]  # control: salt differs


@pytest.mark.parametrize("signatures", [[], "two", [{"keyid": "00", "sig": "AA=="}], None], ids=str)
def test_02_03_an_envelope_has_exactly_one_signature(world: Any, member: Any, signatures: Any) -> None:
    envelope = member.seal()
    if signatures == "two":
        signatures = json.loads(envelope)["signatures"] * 2
    status, code = world.refuse(_edited(envelope, signatures=signatures))
    assert status in (403, 422)
    assert code in ("malformed-envelope", "key-refused")
    world.accept(envelope)  # control


def test_04_a_payload_type_swapped_to_another_of_ours_breaks_the_signature(world: Any, member: Any) -> None:
    envelope = member.seal()
    swapped = _edited(envelope, payloadType=statement.payload_type("finding"))
    assert world.refuse(swapped) == (403, "signature-invalid")
    other = dsse.seal(statement.payload_type("finding"), base64.b64decode(json.loads(envelope)["payload"]), member.key)
    assert world.refuse(other) == (422, "malformed-statement")  # signed so, but the kind inside is another
    assert world.refuse(_edited(envelope, payloadType="application/json")) == (422, "unknown-payload-type")
    world.accept(envelope)


def test_04_a_document_that_is_no_statement_is_no_entry(world: Any, member: Any) -> None:
    request = world.request(world.stranger())
    assert world.refuse(request)[1] == "malformed-statement"


def test_05_an_extra_envelope_field_is_refused(world: Any, member: Any) -> None:
    assert world.refuse(_edited(member.seal(), note="x")) == (422, "malformed-envelope")


def test_06_a_flipped_payload_bit_is_refused(world: Any, member: Any) -> None:
    envelope = json.loads(member.seal())
    payload = bytearray(base64.b64decode(envelope["payload"]))
    payload[len(payload) // 2] ^= 1
    envelope["payload"] = base64.b64encode(payload).decode()
    assert world.refuse(json.dumps(envelope).encode()) == (403, "signature-invalid")


def test_07_one_organisation_cannot_speak_as_another(world: Any, member: Any) -> None:
    other = world.member()
    assert world.refuse(member.seal(cred=other.org)) == (403, "wrong-organisation")
    stranger = world.stranger()
    assert world.refuse(stranger.seal(cred=other.org)) == (403, "not-enrolled")
    assert world.refuse(stranger.seal()) == (403, "not-enrolled")


def test_08_a_swapped_keyid_is_refused(world: Any, member: Any) -> None:
    envelope = json.loads(member.seal())
    envelope["signatures"][0]["keyid"] = keys.SigningKey.generate().public.hex
    assert world.refuse(json.dumps(envelope).encode()) == (403, "signature-invalid")


def test_09_a_kid_that_did_not_sign_is_refused(world: Any, member: Any) -> None:
    other = world.member()
    assert world.refuse(_resealed(member.seal(), other.key)) == (403, "kid-mismatch")


def test_10_a_duplicate_key_in_the_payload_is_refused(world: Any, member: Any) -> None:
    payload = base64.b64decode(json.loads(member.seal())["payload"])
    doubled = payload[:-1] + b',"kind":"incident"}'
    assert world.refuse(_with_payload(doubled, member.key)) == (422, "malformed-json")


def test_11_a_duplicate_key_in_the_envelope_is_refused(world: Any, member: Any) -> None:
    envelope = member.seal()
    assert world.refuse(envelope[:-1] + b',"payloadType":"application/vnd.tocsin.incident+json"}') == (
        422,
        "malformed-json",
    )


@pytest.mark.parametrize(
    "number", ["NaN", "-Infinity", "1e999", "9007199254740993", "9" * 5_000], ids=lambda text: text[:12]
)
def test_12_13_numbers_that_readers_would_disagree_on_are_refused(world: Any, member: Any, number: str) -> None:
    payload = base64.b64decode(json.loads(member.seal())["payload"]).replace(b'"v":1', b'"v":' + number.encode())
    assert world.refuse(_with_payload(payload, member.key)) == (422, "malformed-json")


def test_14_deep_arrays_are_refused(world: Any, member: Any) -> None:
    payload = base64.b64decode(json.loads(member.seal())["payload"])
    deep = payload[:-1] + b',"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    assert world.refuse(_with_payload(deep, member.key)) == (422, "malformed-json")
    assert world.refuse(b"[" * 200_000) == (422, "malformed-json")


@pytest.mark.parametrize(
    "payload",
    [
        b'{"v":1,"kind":"\\ud800"}',
        b'{"v":1,"kind":"\\u0000"}',
        b'{"v":1,"kind":"\xff\xfe"}',
        b"\xef\xbb\xbf{}",
        '{"v":1}'.encode("utf-16"),
        b"[]",
        b"",
    ],
    ids=["lone-surrogate", "nul", "not-utf8", "bom", "utf16", "array", "empty"],
)
def test_15_text_that_is_no_i_json_is_refused(world: Any, member: Any, payload: bytes) -> None:
    status, code = world.refuse(_with_payload(payload, member.key) if payload else b"")
    assert status == 422
    assert code in ("malformed-json", "malformed-envelope")


def test_16_base64_that_is_not_canonical_is_refused(world: Any, member: Any) -> None:
    envelope = json.loads(member.seal())
    for payload in (envelope["payload"] + "\n", envelope["payload"].rstrip("=") + "====", " " + envelope["payload"]):
        assert world.refuse(json.dumps({**envelope, "payload": payload}).encode()) == (422, "malformed-envelope")


def test_17_a_body_over_the_limit_is_refused(world: Any, member: Any) -> None:
    envelope = member.seal()
    assert world.refuse(envelope[:-1] + b" " * 300_000 + b"}") == (413, "oversize")


def test_18_a_statement_for_another_hub_is_refused(world: Any, member: Any) -> None:
    assert world.refuse(member.seal(aud="other.example/log")) == (403, "wrong-audience")
    # The enrolment of this member at another hub opens no door here either: the authority there is nobody here.
    elsewhere = _resealed(world.enrolment(world.stranger()), keys.SigningKey.generate(), aud="other.example/log")
    assert world.refuse(elsewhere)[0] == 403


@pytest.mark.parametrize("offset", [600, -8 * 86_400])
def test_19_a_clock_that_is_off_is_refused(world: Any, member: Any, offset: int) -> None:
    assert world.refuse(member.seal(iat=world.clock() + offset)) == (400, "clock-skew")


@pytest.mark.parametrize("iat", ["1795000000", True, 1.5, -1, None], ids=repr)
def test_19_an_iat_that_is_no_whole_number_is_refused(world: Any, member: Any, iat: Any) -> None:
    assert world.refuse(_resealed(member.seal(), member.key, iat=iat))[0] == 422


def test_19_a_nameless_iat_that_tells_the_second_is_refused(world: Any, member: Any) -> None:
    envelope, author = member.nameless()
    told = _resealed(envelope, author, iat=world.clock())
    assert world.refuse(told) == (422, "iat-not-rounded")
    world.accept(envelope)


@pytest.mark.parametrize("changes", [{"v": 0}, {"v": 2}, {"mode": "anonymous"}, {"mode": "unlinkable"}], ids=str)
def test_20_there_is_no_other_version_or_mode(world: Any, member: Any, changes: dict[str, Any]) -> None:
    status, code = world.refuse(_resealed(member.seal(iat=world.clock() // 86_400 * 86_400), member.key, **changes))
    assert status in (400, 422)
    assert code in ("unsupported-version", "unknown-mode", "malformed-statement")


def test_21_a_mode_rewritten_with_the_same_key_is_refused(world: Any, member: Any) -> None:
    envelope, author = member.nameless()
    assert world.refuse(_resealed(envelope, author, mode="attributed", cred=member.org)) == (403, "not-enrolled")
    # A member's own key is no nameless author, whatever certificate it shows.
    certificate_text = _payload(envelope)["cred"]
    crossed = member.seal(mode="pseudonymous", cred=certificate_text)
    assert world.refuse(crossed)[0] == 403


SMALL_ORDER = [
    bytes(32),
    b"\x01" + bytes(31),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
]
NOT_CANONICAL = [bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), b"\xff" * 32]


@pytest.mark.parametrize("raw", SMALL_ORDER + NOT_CANONICAL, ids=lambda raw: raw.hex()[:8])
def test_22_a_key_that_could_lie_can_neither_submit_nor_be_enrolled(world: Any, member: Any, raw: bytes) -> None:
    envelope = json.loads(member.seal())
    # R = identity, S = 0: with a small-order key this verifies for almost any message in a lax library.
    forged = {"keyid": raw.hex(), "sig": base64.b64encode(b"\x01" + bytes(63)).decode()}
    assert world.refuse(json.dumps({**envelope, "signatures": [forged]}).encode()) == (403, "key-refused")
    body = _payload(world.enrolment(world.stranger()))["body"]
    for name in ("key", "root"):
        status, _ = world.refuse(world.by_authority("enrol", {**body, name: raw.hex()}))
        assert status in (403, 422)
    proof = base64.b64encode(b"\x01" + bytes(63)).decode()
    added = {"org": member.org, "key": raw.hex(), "role": "operational", "proof": proof}
    assert world.refuse(member.seal("key-add", added, key=member.root)) == (403, "key-refused")


def test_22_an_enrolment_needs_both_keys_to_be_held(world: Any) -> None:
    person, victim = world.stranger(), world.member()
    body = _payload(world.enrolment(person))["body"]
    assert world.refuse(world.by_authority("enrol", {**body, "root": victim.root.public.hex}))[0] == 422
    asked = json.loads(world.request(person))
    said = json.loads(base64.b64decode(asked["payload"]))
    said["root"] = victim.root.public.hex  # the proof of the root key is by another key now
    stolen = dsse.seal(asked["payloadType"], jsonstrict.dumps(said), person.key)
    with pytest.raises(trust_errors.TrustError):
        documents.read_enrolment_request(stolen, world.policy.origin)
    knock = {"envelope": base64.b64encode(stolen).decode(), "name": None, "publishName": False}
    assert world.http.post("/v1/enrolments", json=knock).json()["code"] == "malformed-document"


def test_28_an_amendment_of_an_old_version_is_refused(world: Any, member: Any) -> None:
    first = world.accept(member.seal())
    second = world.accept(member.seal("amend", prev=first))
    assert world.refuse(member.seal("amend", prev=first)) == (409, "stale-prev")
    assert world.refuse(member.seal("withdraw", {"reason": "error"}, prev=first)) == (409, "stale-prev")
    assert world.refuse(member.seal("amend", prev=secrets.token_hex(32))) == (404, "thread-unknown")
    world.accept(member.seal("amend", prev=second))


def test_29_nobody_but_its_author_amends_or_withdraws_a_thread(world: Any, member: Any) -> None:
    first = world.accept(member.seal())
    other = world.member()
    assert world.refuse(other.seal("amend", prev=first)) == (403, "not-thread-author")
    assert world.refuse(other.seal("withdraw", {"reason": "error"}, prev=first)) == (403, "not-thread-author")
    envelope, author = member.nameless()
    nameless = world.accept(envelope)
    rival, rival_certificate = other.pseudonym()
    taken = other.seal("amend", mode="pseudonymous", key=rival, cred=rival_certificate, prev=nameless)
    assert world.refuse(taken) == (403, "not-thread-author")
    assert world.refuse(member.seal("withdraw", {"reason": "error"}, prev=nameless)) == (403, "not-thread-author")
    world.accept(member.seal("withdraw", {"reason": "error"}, mode="pseudonymous", key=author, prev=nameless))


def test_30_nothing_follows_a_withdrawal(world: Any, member: Any) -> None:
    first = world.accept(member.seal())
    gone = world.accept(member.seal("withdraw", {"reason": "privacy"}, prev=first))
    for prev in (first, gone):
        assert world.refuse(member.seal("amend", prev=prev)) == (409, "thread-withdrawn")
        assert world.refuse(member.seal("withdraw", {"reason": "error"}, prev=prev)) == (409, "thread-withdrawn")


def test_34_a_certificate_of_ones_own_or_of_another_hub_opens_nothing(world: Any, member: Any) -> None:
    author, good = member.pseudonym()
    not_after = statement.round_day(world.clock() + 30 * 86_400)

    def made(**changes: Any) -> str:
        terms = {
            "aud": world.policy.origin,
            "author_key": author.public.hex,
            "not_after_unix_s": not_after,
            "key": member.key,
        }
        return certificate.issue(**{**terms, **changes})

    hub_key = world.hub.keyring.certificate_key
    foreign = made(aud="other.example/log", key=hub_key)
    for_another_key = made(author_key=keys.SigningKey.generate().public.hex, key=hub_key)
    for cred in (made(), foreign, for_another_key, good[:-8] + "AAAAAAA=", base64.b64encode(b"{}").decode()):
        envelope = member.seal(mode="pseudonymous", key=author, cred=cred)
        assert world.refuse(envelope) == (403, "certificate-invalid")
    over = made(not_after_unix_s=statement.round_day(world.clock()) - 86_400, key=hub_key)
    assert world.refuse(member.seal(mode="pseudonymous", key=author, cred=over)) == (403, "certificate-expired")
    world.accept(member.seal(mode="pseudonymous", key=author, cred=good))


def test_34_a_certificate_does_not_outlive_the_good_standing_of_its_holder(world: Any, member: Any) -> None:
    said, author = member.nameless()
    before = world.accept(said)
    waiting, _ = member.nameless()
    bystander, _ = world.member().nameless()
    world.accept(world.by_authority("suspend", {"org": member.org, "reason": "left"}))
    assert world.refuse(waiting) == (403, "org-suspended")
    world.accept(bystander)  # control: certificates of others hold
    withdraw = member.seal("withdraw", {"reason": "error"}, mode="pseudonymous", key=author, prev=before)
    world.accept(withdraw)


def test_35_a_key_revoked_between_door_and_sequencer_is_refused(world: Any, member: Any) -> None:
    from tocsin_hub.intake import admit as door

    admitted = door.admit(member.seal(), world.hub.door.anchors, world.clock())  # passed the door, not yet in the log
    revoke = {"org": member.org, "key": member.kid, "reason": "lost"}
    world.accept(member.seal("key-revoke", revoke, key=member.root))
    (answer,) = world.hub.sequencer.submit([admitted]).result(10)
    assert getattr(answer, "code", None) == "key-revoked"


def test_35_a_revocation_holds_for_the_next_line_of_the_same_request(world: Any, member: Any) -> None:
    revoke = {"org": member.org, "key": member.kid, "reason": "lost"}
    lines = [member.seal(), member.seal("key-revoke", revoke, key=member.root), member.seal()]
    *answers, _ = world.bulk(lines)
    assert [answer["status"] for answer in answers] == [201, 201, 403]
    assert answers[2]["code"] == "key-revoked"


def test_36_a_replay_from_before_a_revocation_still_answers(world: Any, member: Any) -> None:
    envelope = member.seal()
    first = world.post(envelope)
    revoke = {"org": member.org, "key": member.kid, "reason": "lost"}
    world.accept(member.seal("key-revoke", revoke, key=member.root))
    world.accept(world.by_authority("suspend", {"org": member.org, "reason": "left"}))
    again = world.post(envelope)
    assert (again.status_code, again.headers["tocsin-index"]) == (200, first.headers["tocsin-index"])
    receipt.verify(again.content, world.policy)
    assert world.refuse(member.seal()) == (403, "key-revoked")  # control


def test_36_a_replay_answers_long_after_its_iat_and_its_certificate_have_run_out(world: Any, member: Any) -> None:
    named = member.seal()
    nameless, author = member.nameless()
    placed = [world.post(envelope).headers["tocsin-index"] for envelope in (named, nameless)]
    world.clock.now_unix_s += 200 * 86_400
    for envelope, index in zip((named, nameless), placed, strict=True):
        again = world.post(envelope)
        assert (again.status_code, again.headers["tocsin-index"]) == (200, index)
        receipt.verify(again.content, world.policy)
    # Control: what was never accepted does not get in by being old.
    old = member.seal(iat=world.clock() - 100 * 86_400)
    assert world.refuse(old) == (400, "clock-skew")
    # And the author may still withdraw without a certificate.
    digest = world.post(nameless).headers["tocsin-digest"]
    world.accept(member.seal("withdraw", {"reason": "error"}, mode="pseudonymous", key=author, prev=digest))


def test_38_a_receipt_verifies_offline_and_not_for_anything_else(world: Any, member: Any) -> None:
    envelope = member.seal()
    bundle = json.loads(world.post(envelope).content)
    verified = receipt.verify(jsonstrict.dumps(bundle), world.policy)
    assert verified.statement.kid == member.kid
    said, author = member.nameless()
    other = json.loads(world.post(said).content)
    forgeries = {
        "another envelope": {**bundle, "envelope": other["envelope"]},
        "another proof": {**bundle, "proof": other["proof"]},
        "no proof of the key": {**bundle, "keyProofs": []},
        "another mode": {
            **other,
            "envelope": base64.b64encode(_resealed(said, author, mode="attributed", cred=member.org)).decode(),
        },
    }
    for forged in forgeries.values():
        with pytest.raises(trust_errors.TrustError):
            receipt.verify(jsonstrict.dumps(forged), world.policy)


def test_38_a_receipt_of_a_suspended_authority_key_made_up_by_a_member_does_not_verify(world: Any, member: Any) -> None:
    forged = _resealed(world.enrolment(world.stranger()), member.key, kid=member.kid)
    assert world.refuse(forged) == (403, "authority-unknown")
    content = member.seal(cred="authority:authority-1")
    assert world.refuse(content) == (403, "authority-not-allowed")
    for body in ({"org": world.member().org, "reason": "left"}, {"org": member.org, "reason": "spite"}):
        assert world.refuse(member.seal("suspend", body, key=member.root)) == (422, "malformed-statement")
