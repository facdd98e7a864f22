"""Claims about joining: requests wait for an authority, names stay out of the log, tokens open and close."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tocsin_trust import documents, keys


def ask(world: Any, person: Any, name: str | None = None, publish: bool = False) -> Any:
    envelope = base64.b64encode(world.request(person)).decode()
    return world.http.post("/v1/enrolments", json={"envelope": envelope, "name": name, "publishName": publish})


def pending(world: Any, key: keys.SigningKey) -> Any:
    nonce = world.http.post("/v1/login/challenge").json()["nonce"]
    signed = documents.login(aud=world.policy.origin, nonce=nonce, iat_unix_s=world.clock(), key=key)
    return world.post(signed, "/v1/enrolments/pending")


def test_a_request_waits_is_listed_and_granted(world: Any) -> None:
    person = world.stranger()
    asked = ask(world, person, "Tin Kettle Robotics", publish=True)
    assert (asked.status_code, asked.json()["state"], asked.json()["org"]) == (202, "pending", person.org)
    assert ask(world, person).status_code in (200, 409)
    assert world.http.get(f"/v1/directory/{person.org}").status_code == 404
    (row,) = pending(world, world.authority).json()["requests"]
    assert (row["org"], row["name"], row["kind"]) == (person.org, "Tin Kettle Robotics", "member")
    assert documents.read_enrolment_request(base64.b64decode(row["envelope"]), world.policy.origin).org == person.org
    world.accept(world.enrolment(person))
    listed = world.http.get(f"/v1/directory/{person.org}").json()
    assert (listed["name"], listed["enrolledIndex"], listed["suspendedIndex"]) == ("Tin Kettle Robotics", 0, None)
    assert {(key["key"], key["role"]) for key in listed["keys"]} == {
        (person.kid, "operational"),
        (person.root.public.hex, "root"),
    }
    assert pending(world, world.authority).json()["requests"] == []


def test_the_same_request_again_waits_once(world: Any) -> None:
    envelope = base64.b64encode(world.request(world.stranger())).decode()
    body = {"envelope": envelope, "name": None, "publishName": False}
    assert [world.http.post("/v1/enrolments", json=body).status_code for _ in range(2)] == [202, 200]
    assert len(pending(world, world.authority).json()["requests"]) == 1


def test_only_an_authority_sees_who_waits(world: Any) -> None:
    member = world.member()
    ask(world, world.stranger(), "Secret Applicant Ltd")
    for key in (member.key, member.root, keys.SigningKey.generate()):
        answer = pending(world, key)
        assert (answer.status_code, answer.json()["code"]) == (403, "authority-required")
        assert "Secret" not in answer.text


def test_a_name_is_shown_only_if_its_owner_wished_and_is_in_no_envelope(world: Any) -> None:
    shown, hidden = world.stranger(), world.stranger()
    ask(world, shown, "Shown Ltd", publish=True)
    ask(world, hidden, "Hidden Ltd")
    digests = [world.accept(world.enrolment(person)) for person in (shown, hidden)]
    listed = world.http.get("/v1/directory").json()
    assert [row["name"] for row in listed["members"]] == ["Shown Ltd", None]
    for digest in digests:
        envelope = world.blob(digest)
        assert envelope.status_code == 200  # identity statements are public: receipts carry them
        payload = base64.b64decode(envelope.json()["payload"])
        assert b"Ltd" not in payload


@pytest.mark.parametrize(
    "change",
    [{"name": 7}, {"name": "two\nlines"}, {"name": "x" * 201}, {"publishName": True}, {"publishName": 1}, {"extra": 1}],
    ids=str,
)
def test_a_malformed_request_to_join_is_refused(world: Any, change: dict[str, Any]) -> None:
    envelope = base64.b64encode(world.request(world.stranger())).decode()
    body = {"envelope": envelope, "name": None, "publishName": False, **change}
    assert world.http.post("/v1/enrolments", json=body).json()["code"] == "malformed-request"


def test_an_organisation_id_is_taken_once(world: Any) -> None:
    member = world.member()
    twin = world.stranger()
    twin.org = member.org
    assert world.refuse(world.enrolment(twin)) == (409, "org-taken")
    assert ask(world, twin).json()["code"] == "org-taken"


def test_an_answered_challenge_opens_once(world: Any) -> None:
    member = world.member()
    nonce = world.http.post("/v1/login/challenge").json()["nonce"]
    signed = documents.login(aud=world.policy.origin, nonce=nonce, iat_unix_s=world.clock(), key=member.key)
    first = world.post(signed, "/v1/login")
    assert (first.status_code, first.json()["subjectKind"], first.json()["subject"]) == (201, "org", member.org)
    assert world.post(signed, "/v1/login").json()["code"] == "challenge-invalid"


def test_a_token_that_is_bad_is_never_silently_the_public(world: Any) -> None:
    member = world.member()
    digest = world.accept(member.seal())
    world.settle()
    token = member.login()
    assert world.blob(digest, **token).status_code == 200
    assert world.http.delete("/v1/login", headers=token).status_code == 204
    assert world.http.delete("/v1/login", headers=token).status_code == 204
    for headers in (token, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
        for path in (f"/v1/blobs/{digest}", f"/v1/submissions/{digest}"):
            answer = world.http.get(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid")
            assert answer.headers["www-authenticate"].startswith("Bearer")
    assert world.blob(digest).status_code == 200  # without a token: the public, and the record is TLP:CLEAR


def test_a_token_runs_out(world: Any) -> None:
    token = world.member().login()
    world.clock.now_unix_s += 43_200
    assert world.http.get("/v1/blobs/" + "0" * 64, headers=token).status_code == 401


def test_a_pseudonym_is_given_to_members_in_good_standing_only(world: Any) -> None:
    member, stranger = world.member(), world.stranger()
    member.pseudonym()
    world.accept(world.by_authority("suspend", {"org": member.org, "reason": "left"}))
    for person in (member, stranger):
        asked = documents.pseudonym_request(
            aud=world.policy.origin,
            org=person.org,
            author_key=keys.SigningKey.generate(),
            iat_unix_s=world.clock(),
            key=person.key,
        )
        assert world.post(asked, "/v1/pseudonyms").status_code == 403
