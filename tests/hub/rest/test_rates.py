"""Claims about limits over HTTP: who is counted by what, what a 429 says, and that a flood leaves others alone."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from tocsin_trust import documents, keys

SLOW = 0.001  # refills so slowly that within a test nothing comes back


@pytest.fixture
def fenced(template: Any, simulators: Any, tmp_path: Path) -> Iterator[Any]:
    """A hub behind a proxy with small limits."""
    with simulators.World(
        template,
        tmp_path,
        behind_proxy=True,
        address_rate_per_s=SLOW,
        address_burst=40,
        reader_rate_per_s=SLOW,
        reader_burst=5,
        member_rate_per_s=SLOW,
        member_burst=3,
    ) as running:
        yield running


def ask(world: Any, address: str, path: str = "/v1/log/checkpoint", **headers: str) -> Any:
    return world.http.get(path, headers={"X-Forwarded-For": address, **headers})


def flood(world: Any, address: str, **headers: str) -> list[int]:
    return [ask(world, address, **headers).status_code for _ in range(45)]


def test_an_address_that_asks_too_often_waits_and_others_do_not(fenced: Any) -> None:
    answers = flood(fenced, "192.0.2.1")
    assert answers == [200] * 40 + [429] * 5
    refused = ask(fenced, "192.0.2.1")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "rate-limited"
    assert 0 < int(refused.headers["retry-after"]) <= 1_000
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert ask(fenced, "192.0.2.2").status_code == 200
    assert ask(fenced, "192.0.2.1", "/healthz").status_code == 200  # a probe is not counted


def test_neighbours_in_one_network_of_version_6_are_one(fenced: Any) -> None:
    for number in range(40):
        assert ask(fenced, f"2001:db8::{number:x}").status_code == 200
    assert ask(fenced, "2001:db8::ffff").status_code == 429
    assert ask(fenced, "2001:db8:0:1::1").status_code == 200


def test_a_bulk_request_counts_for_more(fenced: Any) -> None:
    headers = {"Content-Type": "application/x-ndjson", "X-Forwarded-For": "192.0.2.3"}
    codes = [fenced.http.post("/v1/submissions", content=b"{}", headers=headers).status_code for _ in range(6)]
    assert codes == [200] * 4 + [429] * 2


def test_a_made_up_token_is_no_way_around_the_count_of_addresses(fenced: Any) -> None:
    headers = {"X-Forwarded-For": "192.0.2.4"}
    codes = []
    for _ in range(45):
        shown = {**headers, "Authorization": f"Bearer tok-{secrets.token_hex(8)}"}
        codes.append(fenced.http.get("/v1/blobs/" + "0" * 64, headers=shown).status_code)
    assert codes == [401] * 40 + [429] * 5
    shown = {**headers, "Authorization": "Bearer x"}
    assert fenced.http.get("/v1/log/checkpoint", headers=shown).status_code == 429  # where no token is looked at
    assert fenced.http.post("/v1/tokens/revoke/org-x", content=b"{}", headers=shown).status_code == 429


def test_a_reader_is_counted_by_its_organisation_wherever_it_asks(fenced: Any) -> None:
    member, other = fenced.member(), fenced.member()
    first, second, third = member.login(), member.login(), other.login()
    path = "/v1/blobs/" + "0" * 64
    codes = [ask(fenced, f"192.0.2.{n}", path, **(first, second)[n % 2]).status_code for n in range(7)]
    assert codes == [404] * 5 + [429] * 2
    query = {"query": "{ hub { origin } }"}
    assert (
        fenced.http.post("/graphql", json=query, headers=first).json()["errors"][0]["extensions"]["code"]
        == "rate-limited"
    )
    assert fenced.http.get("/v1/tokens", headers=first).status_code == 429
    assert ask(fenced, "192.0.2.9", path, **third).status_code == 404


def test_a_member_beyond_its_quota_is_told_when_to_send_again(fenced: Any) -> None:
    member, other = fenced.member(), fenced.member()
    for _ in range(2):
        fenced.accept(member.seal())
    lines = fenced.bulk([member.seal(), member.seal(), other.seal()])
    assert [line["status"] for line in lines[:3]] == [201, 429, 201]
    assert (lines[1]["code"], lines[1]["retryAfterS"] > 0) == ("member-quota", True)
    answer = fenced.post(member.seal())
    assert (answer.status_code, answer.json()["code"]) == (429, "member-quota")
    assert int(answer.headers["retry-after"]) > 0


def test_this_machine_itself_is_not_counted(template: Any, simulators: Any, tmp_path: Path) -> None:
    with simulators.World(template, tmp_path, address_rate_per_s=SLOW, address_burst=1) as world:
        assert {world.http.get("/v1/log/checkpoint").status_code for _ in range(5)} == {200}


# --- certificates -------------------------------------------------------------------------------------------------------


def certify(world: Any, person: Any, author: keys.SigningKey | None = None) -> Any:
    asked = documents.pseudonym_request(
        aud=world.policy.origin,
        org=person.org,
        author_key=author or keys.SigningKey.generate(),
        iat_unix_s=world.clock(),
        key=person.key,
    )
    return world.post(asked, "/v1/pseudonyms")


def test_a_member_gets_twenty_certificates_in_seven_days(world: Any) -> None:
    member, other = world.member(), world.member()
    mine = keys.SigningKey.generate()
    assert certify(world, member, mine).status_code == 201
    assert {certify(world, member).status_code for _ in range(19)} == {201}
    refused = certify(world, member)
    assert (refused.status_code, refused.json()["code"]) == (429, "certificate-quota")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert certify(world, member, mine).status_code == 201  # its own key again is no new one
    assert certify(world, other).status_code == 201
    world.clock.now_unix_s += 6 * 86_400
    assert certify(world, member).status_code == 429
    world.clock.now_unix_s += 86_400
    assert certify(world, member).status_code == 201


def test_counting_certificates_keeps_nothing_that_names_an_organisation(world: Any) -> None:
    member = world.member()
    for _ in range(3):
        certify(world, member)
    with world.hub.store.read() as session:
        names = inspect(session.connection()).get_table_names()
        holding = [name for name in names if member.org in str(session.execute(text(f'SELECT * FROM "{name}"')).all())]
        assert set(holding) >= {"member_key", "org"}
        assert not {"pseudonym", "head"} & set(holding)
        assert sorted(holding) == ["member_key", "org"]
        tags = session.execute(text("SELECT sealed_tag FROM pseudonym")).scalars().all()
    assert len(set(tags)) == 3  # equal tags do not look equal


# --- before anybody is known --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/v1/submissions", "/v1/pseudonyms", "/v1/login", "/v1/login/challenge", "/v1/enrolments", "/v1/enrolments/pending",
     "/v1/tokens", "/v1/tokens/revoke/org-x", "/graphql", "/nowhere"],
)  # fmt: skip
def test_no_route_lets_a_stranger_send_without_end(world: Any, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n"
    with socket.create_connection(("127.0.0.1", world.port), timeout=10) as wire:
        wire.sendall(head.encode())  # no byte of the body is sent, or waited for
        assert wire.recv(4_096).startswith(b"HTTP/1.1 413")
