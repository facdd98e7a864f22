"""The door on PostgreSQL: the same trip as on SQLite gives the same answers, and everything follows from the log."""

from __future__ import annotations

from typing import Any

from tocsin_hub.app import INLINES, derived
from tocsin_hub.ledger import check


def test_a_whole_life_is_the_same_on_both_engines(either_world: Any) -> None:
    hub = either_world
    member, desk = hub.member(), hub.member("desk")
    first = member.seal()
    thread = hub.accept(first)
    second = hub.accept(member.seal("amend", prev=thread))
    assert hub.post(first).headers["tocsin-replayed"] == "true"
    assert hub.refuse(member.seal("amend", prev=thread)) == (409, "stale-prev")
    nameless, author = member.nameless()
    said = hub.accept(nameless)
    *answers, _ = hub.bulk([member.seal(), b"{broken", member.seal()])
    assert [answer["status"] for answer in answers] == [201, 422, 201]
    hidden, erased = answers[0]["digest"], answers[2]["digest"]
    hub.accept(desk.seal("moderate", {"thread": hidden, "action": "hide", "reason": "spam"}))
    hub.accept(desk.seal("moderate", {"thread": erased, "action": "erase", "reason": "unlawful"}))
    hub.accept(member.seal("withdraw", {"reason": "privacy"}, prev=second))
    waiting, _ = member.nameless()
    hub.accept(hub.by_authority("suspend", {"org": member.org, "reason": "left"}))
    assert hub.refuse(waiting) == (403, "org-suspended")
    hub.accept(member.seal("withdraw", {"reason": "error"}, mode="pseudonymous", key=author, prev=said))
    hub.settle()
    for digest in (thread, said, hidden, erased):
        assert hub.blob(digest).status_code == 404
    found = check.fsck(
        hub.hub.store,
        origin=hub.policy.origin,
        anchor=hub.settings.anchor,
        inlines=INLINES,
        readers=derived(hub.hub.keyring.prefix),
    )
    assert found == []
