"""Receipts: the chain from bytes to policy, each link broken once, and what is said about it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin_trust import dsse, errors, identity, keys, merkle, note, policy, receipt, statement, wording


def refused(bundle: bytes, policy: Any) -> str:
    with pytest.raises(errors.TrustError) as caught:
        receipt.verify(bundle, policy)
    return caught.value.code


def test_an_attributed_statement_is_proven_through_its_enrolment(world: Any) -> None:
    found = receipt.verify(world.receipt(1, 0), world.policy())
    assert (found.statement.kind, found.index, found.tree_size, found.origin) == ("incident", 1, 6, world.origin)
    assert (found.accepted_by, found.key_index, found.witnessed_by) == ("authority:board", 0, ())


def test_a_key_added_later_is_proven_through_enrolment_and_addition(world: Any) -> None:
    assert receipt.verify(world.receipt(5, 0, 4), world.policy()).key_index == 4
    assert refused(world.receipt(5, 0), world.policy()) == "author-not-proven"
    assert refused(world.receipt(5, 4), world.policy()) == "author-not-proven"
    assert refused(world.receipt(5), world.policy()) == "author-not-proven"


def test_the_addition_itself_is_proven_through_the_root(world: Any) -> None:
    assert receipt.verify(world.receipt(4, 0), world.policy()).statement.kind == "key-add"


def test_a_pseudonymous_statement_is_proven_by_its_certificate(world: Any) -> None:
    for index in (2, 3):
        found = receipt.verify(world.receipt(index), world.policy())
        assert (found.accepted_by, found.key_index) == (f"certificate:{world.issuer.public.hex}", None)
    assert refused(world.receipt(2), world.policy(certificate_keys=[world.log.public])) == "certificate-invalid"
    assert refused(world.receipt(2, 0), world.policy()) == "author-not-proven"


def test_a_certificate_ends_for_new_threads_only(world: Any, make: Any) -> None:
    spent = world.certificate(not_after_unix_s=make.MIDNIGHT_UNIX_S - make.DAY_S)
    fresh = world.append(world.nameless(cred=spent))
    amended = world.append(world.nameless("amend", cred=spent, prev="0" * 64))
    assert refused(world.receipt(fresh), world.policy()) == "certificate-expired"
    assert receipt.verify(world.receipt(amended), world.policy()).index == amended


def test_an_enrolment_is_proven_by_the_authority(world: Any) -> None:
    found = receipt.verify(world.receipt(0), world.policy())
    assert (found.accepted_by, found.key_index) == ("authority:board", None)
    assert refused(world.receipt(0), world.policy(authorities={"board": world.log.public})) == "author-not-proven"
    assert refused(world.receipt(0), world.policy(authorities={"other": world.authority.public})) == "author-not-proven"


def test_the_log_key_must_be_the_policy_s(world: Any) -> None:
    other = note.vkey(world.origin, keys.SigningKey.generate().public)
    assert refused(world.receipt(1, 0), world.policy(log_keys=[other])) == "note-unverified"


def test_a_statement_for_another_hub_is_refused(world: Any) -> None:
    abroad = world.append(world.said("incident", world.member, aud="other.example"))
    assert refused(world.receipt(abroad, 0), world.policy()) == "malformed-receipt"


def test_witnesses_are_counted_when_the_policy_asks(world: Any) -> None:
    seen = world.checkpoint(witnesses=(world.witness,))
    assert receipt.verify(world.receipt(1, 0, checkpoint=seen), world.policy(quorum=1)).witnessed_by == (
        "witness.example",
    )
    assert receipt.verify(world.receipt(1, 0, checkpoint=seen), world.policy()).witnessed_by == ("witness.example",)
    assert refused(world.receipt(1, 0), world.policy(quorum=1)) == "quorum-missing"
    false = world.checkpoint() + note.cosign(world.checkpoint(5), "witness.example", world.witness, 1)
    assert refused(world.receipt(1, 0, checkpoint=false), world.policy()) == "note-unverified"


def test_another_entry_s_proof_does_not_do(world: Any) -> None:
    bundle = receipt.make(world.envelopes[1], world.proof(5), [(world.envelopes[0], world.proof(0))])
    assert refused(bundle, world.policy()) == "proof-invalid"


def test_key_proofs_come_before_and_under_the_same_head(world: Any) -> None:
    early = receipt.make(world.envelopes[1], world.proof(1), [(world.envelopes[0], world.proof(0, size=3))])
    assert refused(early, world.policy()) == "malformed-receipt"
    for chain in [(4, 0), (0, 0), (0, 4, 5), (0, 5)]:
        assert refused(world.receipt(5, *chain), world.policy()) in ("malformed-receipt", "author-not-proven")


def test_a_key_is_no_good_before_its_addition(world: Any) -> None:
    world.append(world.said("incident", world.second))
    swapped = world.leaves[4:7]
    world.leaves[4:7], world.envelopes[4:7] = swapped[::-1], world.envelopes[4:7][::-1]
    assert refused(world.receipt(4, 0), world.policy()) == "author-not-proven"
    assert refused(world.receipt(4, 0, 6), world.policy()) == "malformed-receipt"


def test_a_revocation_that_is_shown_counts(world: Any, make: Any) -> None:
    body = {"org": make.ORG, "key": world.member.public.hex, "reason": "lost"}
    revoked = world.append(world.said("key-revoke", world.second, body=body))
    later = world.append(world.said("incident", world.member))
    assert receipt.verify(world.receipt(revoked, 0, 4), world.policy()).index == revoked
    assert receipt.verify(world.receipt(later, 0), world.policy()).index == later  # the limit of every static receipt
    assert refused(world.receipt(later, 0, 4, revoked), world.policy()) == "author-not-proven"


def test_roots_and_operational_keys_do_not_stand_in_for_each_other(world: Any, make: Any) -> None:
    by_root = world.append(world.said("incident", world.org_root))
    body = identity.key_add_body(make.ORIGIN, make.ORG, keys.SigningKey.generate())
    by_member = world.append(world.said("key-add", world.member, body=body))
    for index in (by_root, by_member):
        assert refused(world.receipt(index, 0), world.policy()) == "author-not-proven"


def test_a_member_does_not_enrol_or_suspend(world: Any, make: Any) -> None:
    guest = world.request("org-" + "b" * 26, key=keys.SigningKey.generate(), root=keys.SigningKey.generate())
    enrolled = world.append(world.said("enrol", world.member, body=identity.enrol_body(guest)))
    suspended = world.append(world.said("suspend", world.member, body={"org": make.ORG, "reason": "x"}))
    for index in (enrolled, suspended):
        assert refused(world.receipt(index, 0), world.policy()) == "author-not-proven"


def test_an_organisation_leaves_by_its_root_and_suspends_nobody_else(world: Any, make: Any) -> None:
    left = {"org": make.ORG, "reason": "left"}
    gone = world.append(world.said("suspend", world.org_root, body=left))
    by_member = world.append(world.said("suspend", world.member, body=left))
    spite = world.append(world.said("suspend", world.org_root, body={"org": make.DESK, "reason": "left"}))
    late = world.append(world.said("suspend", world.org_root, body=left | {"reason": "other"}))
    found = receipt.verify(world.receipt(gone, 0), world.policy())
    assert (found.statement.kind, found.accepted_by, found.key_index) == ("suspend", "authority:board", 0)
    assert refused(world.receipt(by_member, 0), world.policy()) == "author-not-proven"
    for index in (spite, late):
        assert refused(world.receipt(index, 0), world.policy()) == "malformed-statement"


def test_an_authority_does_not_report(world: Any, make: Any) -> None:
    index = world.append(world.said("incident", world.authority, cred=make.AUTHORITY))
    assert refused(world.receipt(index), world.policy()) == "author-not-proven"


def test_only_a_desk_moderates(world: Any, make: Any) -> None:
    desk = world.append(world.enrol(world.request(make.DESK, "desk", key=world.desk, root=world.desk_root)))
    body = {"thread": "0" * 64, "action": "hide", "reason": "spam"}
    by_desk = world.append(world.said("moderate", world.desk, cred=make.DESK, body=body))
    by_member = world.append(world.said("moderate", world.member, body=body))
    assert receipt.verify(world.receipt(by_desk, desk), world.policy()).statement.kind == "moderate"
    assert refused(world.receipt(by_member, 0), world.policy()) == "author-not-proven"
    assert refused(world.receipt(by_desk, 0), world.policy()) == "author-not-proven"


def test_an_enrolment_that_the_organisation_did_not_ask_for_proves_nothing(world: Any) -> None:
    body = identity.enrol_body(world.request()) | {"kind": "regulator"}
    index = world.append(world.enrol(body=body))
    said = world.append(world.said("incident", world.member))
    assert refused(world.receipt(said, index), world.policy()) == "malformed-statement"


def test_an_unlinkable_statement_is_not_believed_yet(world: Any) -> None:
    index = world.append(world.nameless(mode="unlinkable"))
    assert refused(world.receipt(index), world.policy()) == "author-not-proven"


CHANGES: list[dict[str, Any]] = [
    {"v": 2},
    {"v": True},
    {"type": "receipt"},
    {"extra": 1},
    {"envelope": "AAA"},
    {"envelope": None},
    {"proof": 7},
    {"proof": ""},
    {"keyProofs": None},
    {"keyProofs": [{}]},
    {"keyProofs": [[]]},
    {"keyProofs": [{"envelope": "AAAA", "proof": ""}] * 17},
]


@pytest.mark.parametrize("change", CHANGES, ids=json.dumps)
def test_a_bundle_of_another_shape_is_refused(world: Any, change: dict[str, Any]) -> None:
    bundle = json.loads(world.receipt(1, 0)) | change
    assert refused(json.dumps(bundle).encode(), world.policy()).startswith("malformed-")


def test_a_proof_text_is_read_back(world: Any) -> None:
    text = world.proof(5)
    proof = receipt.parse_proof(text)
    assert receipt.proof_text(proof.index, proof.hashes, proof.checkpoint_text) == text
    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 5\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n\ncheckpoint\n",
        "wrong-header\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex notanumber\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 05\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex \u0665\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + ("A" * 43 + "=\n") * 64 + "\ncheckpoint\n",
    ],
)
def test_a_text_that_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(errors.ProofError) as caught:
        receipt.parse_proof(text)
    assert caught.value.code == "malformed-proof"


def test_an_index_near_2_to_the_63_is_refused(world: Any) -> None:
    for index in (6, 2**63 - 1, 2**63, 10**19 - 1):
        text = receipt.proof_text(index, [], world.checkpoint())
        assert refused(receipt.make(world.envelopes[1], text), world.policy()) == "malformed-proof"


def test_what_is_said_of_a_receipt_names_its_limits(world: Any) -> None:
    found = receipt.verify(world.receipt(1, 0), world.policy())
    english, chinese = receipt.explain(found), receipt.explain(found, "zh")
    for words in ("holds", "entry 1", "newest version", "revoked since", "No witness"):
        assert words in english
    for words in ("有效", "第 1 号", "最新版本", "吊销", "见证方"):
        assert words in chinese
    assert "not named" in receipt.explain(receipt.verify(world.receipt(2), world.policy()))
    assert "enrolment authority" in receipt.explain(receipt.verify(world.receipt(0), world.policy()))
    seen = world.checkpoint(witnesses=(world.witness,))
    assert "cosigned by: witness.example" in receipt.explain(
        receipt.verify(world.receipt(1, 0, checkpoint=seen), world.policy())
    )


def test_every_code_has_its_sentence_in_both_languages() -> None:
    assert set(wording.REFUSALS) == errors.CODES
    for code in errors.CODES:
        english, chinese = (receipt.explain(errors.TrustError(code), lang) for lang in ("en", "zh-CN"))
        assert english.isascii()
        assert not chinese.isascii()


def test_a_date_beyond_the_calendar_is_still_said() -> None:
    assert wording.date(0) == "1970-01-01"
    assert wording.date(2**53) == f"{2**53} s"


def test_the_leaf_of_a_receipt_is_rebuilt_and_not_believed(world: Any) -> None:
    """The bundle carries no leaf: a hub that logged another mode than was signed cannot prove the entry."""
    opened = dsse.unseal(world.envelopes[1])
    lie = world.leaves[1].replace(b"attributed", b"pseudonymous")
    assert lie != world.leaves[1]
    world.leaves[1] = lie
    assert merkle.leaf_hash(lie) != merkle.leaf_hash(b"")
    assert statement.read(opened).mode == "attributed"
    assert refused(world.receipt(1, 0), world.policy()) == "proof-invalid"


def test_a_memo_saves_work_and_changes_no_verdict(world: Any) -> None:
    policy, bundle = world.policy(), world.receipt(1, 0)
    memo = receipt.Memo(policy, limit=1)
    first = receipt.verify(bundle, policy, memo=memo)
    assert receipt.verify(bundle, policy, memo=memo) == first == receipt.verify(bundle, policy)
    spoilt = json.loads(bundle)
    spoilt["keyProofs"][0]["proof"] = spoilt["keyProofs"][0]["proof"].replace("index 0", "index 1")
    with pytest.raises(errors.TrustError):
        receipt.verify(json.dumps(spoilt).encode(), policy, memo=memo)


def test_a_memo_of_another_policy_vouches_for_nothing(world: Any) -> None:
    bundle, memo = world.receipt(1, 0), receipt.Memo(world.policy())
    receipt.verify(bundle, memo.policy, memo=memo)
    with pytest.raises(errors.TrustError):
        receipt.verify(bundle, world.policy(authorities={"other": world.authority.public}), memo=memo)


# --- a log restored from a backup -------------------------------------------------------------------------------------


def _heir(world: Any, size: int = 6) -> dict[str, Any]:
    """The world goes on under a new origin from entry `size` on; what its policy says of the old log."""
    earlier = policy.Predecessor(world.origin, size, world.head(size))
    del world.envelopes[size:], world.leaves[size:]
    world.origin = "heir.example/tocsin"
    return {"predecessors": [earlier]}


def test_entries_taken_over_verify_against_the_old_policy_and_the_new(world: Any) -> None:
    old_policy, old_receipts = world.policy(), [world.receipt(1, 0), world.receipt(2), world.receipt(5, 0, 4)]
    told = _heir(world)
    for bundle in old_receipts:
        assert receipt.verify(bundle, old_policy).origin != world.origin
        assert refused(bundle, world.policy(**told)) == "note-unverified"
    for bundle in (world.receipt(1, 0), world.receipt(2), world.receipt(5, 0, 4)):
        assert receipt.verify(bundle, world.policy(**told)).origin == world.origin
        assert refused(bundle, world.policy()) == "malformed-receipt"  # a policy that names no predecessor


def test_members_and_nameless_authors_go_on_after_a_restore(world: Any, make: Any) -> None:
    nameless, cred = dsse.unseal(world.envelopes[3]).digest.hex(), world.certificate()
    told = _heir(world)
    new = world.append(world.said("incident", world.member))
    amended = world.append(world.nameless("amend", prev=nameless, cred=cred))
    fresh = world.append(world.nameless(cred=cred))
    assert receipt.verify(world.receipt(new, 0), world.policy(**told)).key_index == 0
    assert receipt.verify(world.receipt(amended), world.policy(**told)).index == amended
    # An old certificate opens nothing new.
    assert refused(world.receipt(fresh), world.policy(**told)) == "certificate-invalid"
    other = policy.Predecessor("other.example", 6, bytes(32))
    assert refused(world.receipt(amended), world.policy(predecessors=[other])) == "certificate-invalid"


def test_what_was_said_to_the_old_log_counts_only_where_it_was_taken_over(world: Any) -> None:
    late = world.said("incident", world.member)  # made for the old log
    told = _heir(world)
    index = world.append(late)
    assert refused(world.receipt(index, 0), world.policy(**told)) == "malformed-receipt"
    world.envelopes[1:2], world.leaves[1:2] = [], []
    world.append(world.said("incident", world.member))
    early = world.append(world.said("finding", world.member))
    world.envelopes[1], world.envelopes[early] = world.envelopes[early], world.envelopes[1]
    world.leaves[1], world.leaves[early] = world.leaves[early], world.leaves[1]
    assert (
        refused(world.receipt(1, 0), world.policy(**told)) == "malformed-receipt"
    )  # made for the new log, placed in the old


def test_a_log_may_be_restored_more_than_once(world: Any, make: Any) -> None:
    first = _heir(world)["predecessors"]
    world.append(world.said("incident", world.member))
    second = policy.Predecessor(world.origin, 7, world.head())
    world.origin = "heir-2.example/tocsin"
    last = world.append(world.said("incident", world.member))
    trusted = world.policy(predecessors=[*first, second])
    assert [trusted.audience_at(index) for index in (0, 5, 6, 7)] == [
        make.ORIGIN, make.ORIGIN, "heir.example/tocsin", "heir-2.example/tocsin",
    ]  # fmt: skip
    for index in (1, 6, last):
        assert receipt.verify(world.receipt(index, 0), trusted).index == index
