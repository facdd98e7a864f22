"""The client against a real hub process: the member's whole journey, and every fixed query of the client."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin_client import AsyncHub, Draft, Hub, Receipt, errors, joining, membership, restore_backup, sign
from tocsin_client.vault import Vault
from tocsin_trust import policy
from tocsin_trust import receipt as receipt_rooms

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def members(real_hub: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Hub]]:
    """Three members of the real hub, each with its own home, enrolled by one command; `quick` is the README's reader."""
    made: dict[str, Hub] = {}
    with contextlib.ExitStack() as opened:
        for name, lang in (("one", "zh"), ("two", "en"), ("quick", "en")):
            home = tmp_path_factory.mktemp("member")
            made[name] = opened.enter_context(Hub(real_hub.url, home=home, lang=lang))
            made[name].join(
                sector="isic@4:K",
                region="un-m49@2024:156",
                confirm=lambda seen: seen.origin == "hub.example.org/log",
            )
        real_hub.enrol_all()
        yield made


def _wait(hub: Hub, receipt: Receipt) -> None:
    for _ in range(100):
        if hub.status(receipt)["recordId"] and hub.trends(by=["kind"]).as_of > receipt.index:
            return
        time.sleep(0.05)
    raise AssertionError("the catalogue did not come")


@pytest.mark.parametrize("mode", ["pseudonymous", "attributed"])
def test_report_verify_amend_read_and_withdraw(members: dict[str, Hub], draft: Callable[..., Draft], mode: str) -> None:
    hub, other = members["one"], members["two"]
    assert hub.enrolment() is not None
    before = other.trends(by=["category"]).total
    receipt = hub.submit(hub.preview(draft(), mode=mode).approve(by="a tester"))
    assert hub.verify(receipt).index == receipt.index
    assert hub.trends(by=["category"]).as_of > receipt.index, "one's own record is waited for"
    _wait(hub, receipt)
    assert other.trends(by=["category", "sector"]).total == before + 1
    record_id = hub.status(receipt)["recordId"]
    shown = other.show(record_id)
    assert shown["body"]["title"]["text"] == draft().body["title"]["text"]
    amended = hub.amend(record_id, hub.preview(draft(title="A better title"), mode=mode).approve(by="a tester"))
    _wait(hub, amended)
    assert [r["recordId"] for r in other.search(text="better title")] == [record_id]
    gone = hub.withdraw(amended, reason="other")
    _wait(hub, gone)
    assert other.show(record_id)["state"] == "withdrawn"
    assert other.trends(by=["category"]).total == before
    assert hub.status(receipt)["state"] == "withdrawn"


def test_only_those_who_may_read_do(
    members: dict[str, Hub], draft: Callable[..., Draft], real_hub: Any, tmp_path: Path
) -> None:
    hub = members["one"]
    amber = hub.submit(hub.preview(draft(title="For members only")).approve(by="a tester"))
    clear = hub.submit(
        hub.preview(draft(title="For everybody")).widen(regulators=True, everybody=True).approve(by="a tester")
    )
    _wait(hub, clear)
    with Hub(real_hub.url, home=tmp_path / "nobody", public=True) as public:
        titles = {r["title"]["text"] for r in public.search(first=100)}
        assert "For everybody" in titles
        assert "For members only" not in titles
        with pytest.raises(errors.RefusedError) as caught:
            public.show(hub.status(amber)["recordId"])
        assert caught.value.code == "not-found"


def test_refusals_of_a_real_hub_keep_code_and_hint(members: dict[str, Hub], draft: Callable[..., Draft]) -> None:
    hub = members["one"]
    with pytest.raises(errors.ClientError) as caught:
        hub.search(tags=["caict-2024@2024-12:nothing"])
    assert caught.value.code == "unknown-code"
    receipt = hub.submit(hub.preview(draft(), mode="attributed").approve(by="a tester"))
    stale = hub.thread(receipt)
    hub.amend(receipt, hub.preview(draft(title="Second"), mode="attributed").approve(by="a tester"))
    hub.vault.keep_thread(stale)
    with pytest.raises(errors.ConflictError) as conflict:
        hub.withdraw(receipt)
    assert conflict.value.code == "stale-prev"
    assert any("\u4e00" <= c <= "\u9fff" for c in conflict.value.hint)
    hub.login()
    hub._named.request("DELETE", "/v1/login", token=hub._session().get(hub._named, "org"))
    assert hub.trends().as_of > 0, "a token that was revoked elsewhere is fetched anew"


def test_public_sources_travel_in_bulk_and_once(members: dict[str, Hub], draft: Callable[..., Draft]) -> None:
    hub = members["one"]
    drafts = [
        draft(
            title=f"A published incident number {n}", evidence_class="public-source", tlp="clear",
            references=[{"url": f"https://news.example.org/{n}"}], provenance={"source": "News", "licence": "CC-BY-4.0"},
        )
        for n in range(120)
    ]  # fmt: skip
    batch = hub.approve_public_batch(drafts, "Every text was published by the named source.", "a curator")
    seen: list[tuple[int, int]] = []
    result = hub.submit_many(batch, lambda done, total: seen.append((done, total)))
    assert [i.error for i in result.refused] == []
    assert len(result.accepted) == 120
    assert seen[-1] == (120, 120)
    assert hub.outbox.waiting() == []
    assert len(hub.submit_many(batch).items) == 0, "what was accepted is not sent again"
    last = result.accepted[-1].receipt
    assert last is not None
    assert hub.vault.receipt(last.digest) == last.bundle
    assert hub.withdraw(last).kind == "withdraw"


def test_the_quickstart_of_the_readme_runs(members: dict[str, Hub], real_hub: Any, tmp_path: Path) -> None:
    """docs/examples/quickstart.py, as a reader runs it, against a hub and a profile that has joined."""
    home = members["quick"].vault.path.parents[1]
    env = {**os.environ, "TOCSIN_HOME": str(home), "TOCSIN_HUB_URL": real_hub.url}
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs/examples/quickstart.py")],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Individual and organisation" in done.stdout, "the table shows one's own record, at once"


def test_the_printed_policy_of_a_real_hub_pins_by_its_words(real_hub: Any, tmp_path: Path) -> None:
    raw = (real_hub.folder / "hub" / "policy.json").read_bytes()
    words = policy.fingerprint_words(policy.read(raw).root)
    with Hub(real_hub.url, home=tmp_path / "words") as hub:
        joined = hub.join(sector="multiple", region="un-m49@2024:001", fingerprint=words.replace("-", " ").upper())
    assert joined.state == "pending"
    assert joined.request_path.exists()


@pytest.fixture
def newcomer(real_hub: Any, tmp_path: Path) -> Iterator[Hub]:
    """A member of its own, for what cannot be undone."""
    with Hub(real_hub.url, home=tmp_path / "newcomer") as hub:
        hub.join(sector="isic@4:K", region="un-m49@2024:156", confirm=lambda _seen: True)
        real_hub.enrol_all()
        yield hub


def test_a_rotated_key_works_the_old_one_is_refused_and_every_receipt_holds(
    newcomer: Hub, draft: Callable[..., Draft], tmp_path: Path
) -> None:
    hub = newcomer
    old = hub.vault.key("operational")
    root = hub.move_root(tmp_path / "root.pem")
    with pytest.raises(errors.SetupError):
        hub.add_key()
    earlier = hub.submit(hub.preview(draft(title="By the first key"), mode="attributed").approve(by="a tester"))
    added = hub.add_key(root=root)
    assert hub.verify(added).kind == "key-add"
    new = hub.submit(hub.preview(draft(), mode="attributed").approve(by="a tester"))
    assert new.author_key != old.public.hex
    assert receipt_rooms.verify(new.bundle, joining.pinned_policy(hub.vault)).key_index == added.index, (
        "by the new key's entry"
    )
    revoked = hub.revoke_key(old.public.hex[:8], "rotated")
    assert hub.verify(revoked).kind == "key-revoke"
    approval = hub.preview(draft(title="By the old key"), mode="attributed").approve(by="a tester")
    envelope = sign.sign(
        approval, old, hub.vault.profile()["org"], aud=joining.pinned_policy(hub.vault).origin, now_unix_s=hub.now()
    )
    with pytest.raises(errors.RefusedError) as caught:
        hub._sender().send(envelope, kind="incident", mode="attributed", thread=None)
    assert caught.value.code == "key-revoked"
    listed = {one["key"]: one for one in membership.listed(hub.vault, hub.enrolment())}
    assert listed[old.public.hex]["revokedIndex"] == revoked.index
    assert listed[new.author_key]["current"]
    nameless = hub.submit(hub.preview(draft(title="Nameless")).approve(by="a tester"))
    assert hub.status(nameless)["state"] == "published"
    assert hub.withdraw(new).author_key == new.author_key
    assert hub.withdraw(earlier).author_key == new.author_key, "a record of a revoked key is still its organisation's"


def test_a_lost_laptop_is_made_good_and_the_old_one_reads_and_signs_nothing_more(
    newcomer: Hub, draft: Callable[..., Draft], tmp_path: Path
) -> None:
    nameless = newcomer.submit(newcomer.preview(draft()).approve(by="a tester"))
    newcomer.backup(tmp_path / "backup", "violet anchor seven lanterns at dusk")
    restore_backup(tmp_path / "backup", "violet anchor seven lanterns at dusk", Vault(tmp_path / "new", "default"))
    with Hub(home=tmp_path / "new") as again:
        assert again.verify(again.vault.receipt(nameless.digest) or b"").index == nameless.index
        old = again.vault.key("operational").public.hex
        again.add_key()
        again.revoke_key(old, "stolen")
        assert again.withdraw(nameless.digest).author_key == nameless.author_key
        with pytest.raises(errors.RefusedError) as caught:
            newcomer.login()
        assert caught.value.code == "key-revoked"


def test_a_token_reads_and_ends(newcomer: Hub, real_hub: Any, draft: Callable[..., Draft]) -> None:
    sent = newcomer.submit(newcomer.preview(draft(title="For members only")).approve(by="a tester"))
    _wait(newcomer, sent)
    made = newcomer.new_token("weekly report", 7)
    assert made["id"] in {one["id"] for one in newcomer.tokens()}
    asked = {"query": "{ me { kind } }"}
    route = newcomer._named
    assert route.post_json("/graphql", asked, token=made["token"])["data"]["me"]["kind"] == "member"
    with pytest.raises(errors.RefusedError) as caught:
        route.request("GET", "/v1/tokens", token=made["token"])
    assert caught.value.code == "token-reads-only"
    newcomer.revoke_token(made["id"])
    with pytest.raises(errors.RefusedError) as ended:
        route.post_json("/graphql", asked, token=made["token"])
    assert ended.value.code == "token-invalid"


def test_who_leaves_sends_nothing_new_and_may_still_withdraw(newcomer: Hub, draft: Callable[..., Draft]) -> None:
    sent = [
        newcomer.submit(newcomer.preview(draft(title=f"A {m} one"), mode=m).approve(by="a tester"))
        for m in ("pseudonymous", "attributed")
    ]
    left = newcomer.leave()
    assert newcomer.verify(left).kind == "suspend"
    row = newcomer.enrolment()
    assert row is not None
    assert row["suspendedIndex"] == left.index
    with pytest.raises(errors.RefusedError) as caught:
        newcomer.submit(newcomer.preview(draft(title="New"), mode="attributed").approve(by="a tester"))
    assert caught.value.code == "org-suspended"
    assert [newcomer.withdraw(one).kind for one in sent] == ["withdraw", "withdraw"]


def test_a_real_log_is_shown_to_go_on_and_a_nameless_statement_names_its_day(
    members: dict[str, Hub], draft: Callable[..., Draft]
) -> None:
    hub = members["two"]
    hub.submit(hub.preview(draft(title="One")).approve(by="a tester"))
    before, now = hub.check_log()
    assert 0 < before.size <= now.size
    members["one"].submit(members["one"].preview(draft(title="Two")).approve(by="a tester"))
    assert hub.check_log()[1].size > now.size
    third = hub.submit(hub.preview(draft(title="Three")).approve(by="a tester"))
    assert isinstance(receipt_rooms.verify(third.bundle, joining.pinned_policy(hub.vault)).statement.dir, int)


def test_the_journey_is_the_same_when_awaited(newcomer: Hub, draft: Callable[..., Draft]) -> None:
    async def journey() -> None:
        async with AsyncHub(home=newcomer.vault.path.parents[1]) as hub:
            approvals = [(await hub.preview(draft(title=f"Record {n}"))).approve(by="a tester") for n in range(5)]
            receipts = await asyncio.gather(*(hub.submit(approval) for approval in approvals))
            assert [(await hub.verify(one)).index for one in receipts] == sorted(one.index for one in receipts)
            assert (await hub.trends(by=["category"])).total >= 5
            await hub.withdraw(receipts[0])
            assert (await hub.status(receipts[0]))["state"] == "withdrawn"

    asyncio.run(journey())
