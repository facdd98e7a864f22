"""Our own vectors, made from fixed keys: a small log of six statements, and the files that prove things about it.

`python tests/vectors/make.py` writes tocsin.json and the vectors in docs/spec; tests use `World` to make more of the same.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from tocsin_trust import (
    certificate,
    documents,
    dsse,
    identity,
    jsonstrict,
    keys,
    leaf,
    merkle,
    note,
    policy,
    receipt,
    statement,
)

ORIGIN = "hub.example/tocsin"
ORG = "org-" + "mzxw6ytboi" * 2 + "mzxw6y"
DESK = "org-" + "nbswy3dpeb" * 2 + "nbswy3"
AUTHORITY = "authority:board"
DAY_S = 86_400
NOON_UNIX_S = 1_782_043_200  # 2026-06-21, 12:00 UTC
MIDNIGHT_UNIX_S = NOON_UNIX_S - DAY_S // 2


def key(name: str) -> keys.SigningKey:
    """The test key of that name."""
    return keys.SigningKey.from_seed(hashlib.sha256(b"tocsin test key " + name.encode()).digest())


def seal(said: bytes, kind: str, signer: keys.SigningKey) -> bytes:
    """An envelope, without the checks of `statement.build`."""
    return dsse.seal(statement.payload_type(kind), said, signer)


class World:
    """A hub with its keys and its log, small enough to be understood and free to lie."""

    def __init__(self) -> None:
        self.origin = ORIGIN
        self.root, self.log, self.issuer, self.authority = key("root"), key("log"), key("certificate"), key("authority")
        self.witness, self.member, self.org_root, self.author = (
            key("witness"),
            key("member"),
            key("org root"),
            key("author"),
        )
        self.desk, self.desk_root, self.second = key("desk"), key("desk root"), key("second member key")
        self.envelopes: list[bytes] = []
        self.leaves: list[bytes] = []
        self._salt = 0

    # -- statements -------------------------------------------------------------------------------------------
    def said(self, kind: str, signer: keys.SigningKey, **changes: Any) -> bytes:
        """The envelope of a statement; attributed to ORG unless told otherwise."""
        self._salt += 1
        members: dict[str, Any] = {
            "kind": kind,
            "aud": self.origin,
            "mode": "attributed",
            "kid": signer.public.hex,
            "cred": ORG,
            "iat_unix_s": NOON_UNIX_S,
            "prev": None,
            "dir": None,
            "body": {"title": {"text": "告警 alarm", "language": "zh"}},
            "salt": self._salt.to_bytes(16, "big"),
        }
        return seal(statement.build(**(members | changes)), kind, signer)

    def request(self, org: str = ORG, kind: str = "member", **signers: keys.SigningKey) -> documents.EnrolmentRequest:
        envelope = documents.enrolment_request(
            aud=self.origin,
            org=org,
            kind=kind,
            sector="isic@4:K",
            region="un-m49@2024:156",
            agreement="2026-06",
            key=signers.get("key", self.member),
            root=signers.get("root", self.org_root),
        )
        return documents.read_enrolment_request(envelope, self.origin)

    def enrol(self, request: documents.EnrolmentRequest | None = None, **changes: Any) -> bytes:
        body = identity.enrol_body(request or self.request())
        return self.said("enrol", self.authority, **({"cred": AUTHORITY, "body": body} | changes))

    def certificate(self, **changes: Any) -> str:
        members: dict[str, Any] = {
            "aud": self.origin,
            "author_key": self.author.public.hex,
            "not_after_unix_s": MIDNIGHT_UNIX_S + 90 * DAY_S,
        }
        return certificate.issue(**(members | {"key": self.issuer} | changes))

    def nameless(self, kind: str = "incident", **changes: Any) -> bytes:
        members: dict[str, Any] = {"mode": "pseudonymous", "cred": self.certificate(), "iat_unix_s": MIDNIGHT_UNIX_S}
        return self.said(kind, self.author, **(members | changes))

    # -- the log ----------------------------------------------------------------------------------------------
    def append(self, envelope: bytes) -> int:
        """Log an envelope as it is, whatever it says; its index."""
        opened = dsse.unseal(envelope)
        self.envelopes.append(envelope)
        self.leaves.append(leaf.text(opened, statement.read(opened)))
        return len(self.leaves) - 1

    def node(self, level: int, index: int) -> bytes:
        hashes = [merkle.leaf_hash(data) for data in self.leaves[index << level : (index + 1) << level]]
        assert len(hashes) == 1 << level
        return merkle.root_of(hashes)

    def head(self, size: int | None = None) -> bytes:
        return merkle.root_of([merkle.leaf_hash(data) for data in self.leaves[:size]])

    def checkpoint(self, size: int | None = None, witnesses: tuple[keys.SigningKey, ...] = ()) -> str:
        size = len(self.leaves) if size is None else size
        text = note.sign_checkpoint(self.origin, size, self.head(size), self.log)
        return text + "".join(note.cosign(text, "witness.example", one, NOON_UNIX_S + 1) for one in witnesses)

    def proof(self, index: int, checkpoint: str | None = None, size: int | None = None) -> str:
        size = len(self.leaves) if size is None else size
        return receipt.proof_text(
            index, merkle.inclusion_proof(index, size, self.node), checkpoint or self.checkpoint(size)
        )

    def receipt(self, index: int, *chain: int, **how: Any) -> bytes:
        """The bundle of an entry with key proofs for the entries `chain`."""
        key_proofs = [(self.envelopes[i], self.proof(i, **how)) for i in chain]
        return receipt.make(self.envelopes[index], self.proof(index, **how), key_proofs)

    # -- trust ------------------------------------------------------------------------------------------------
    def policy_file(self, **changes: Any) -> bytes:
        members: dict[str, Any] = {
            "origin": self.origin,
            "version": 1,
            "root": self.root.public,
            "issued_unix_s": MIDNIGHT_UNIX_S,
            "expires_unix_s": MIDNIGHT_UNIX_S + 365 * DAY_S,
            "log_keys": [note.vkey(self.origin, self.log.public)],
            "certificate_keys": [self.issuer.public],
            "authorities": {"board": self.authority.public},
            "witnesses": [note.vkey("witness.example", self.witness.public, note.COSIGNATURE)],
            "quorum": 0,
            "predecessors": [],
        }
        return policy.sign(policy.build(**(members | changes)), self.root)

    def policy(self, **changes: Any) -> policy.Policy:
        return policy.read(self.policy_file(**changes))


def filled() -> World:
    """Entries 0 to 5: enrolment, attributed incident, pseudonymous incident, its amendment, key-add, finding by that key."""
    world = World()
    world.append(world.enrol())
    world.append(world.said("incident", world.member))
    first = world.append(world.nameless())
    digest = dsse.unseal(world.envelopes[first]).digest.hex()
    world.append(world.nameless("amend", prev=digest))
    world.append(world.said("key-add", world.org_root, body=identity.key_add_body(ORIGIN, ORG, world.second)))
    world.append(world.said("finding", world.second))
    return world


def vectors() -> dict[str, dict[str, str]]:
    """For each page of docs/spec the values that stand in it."""
    world = filled()
    envelope = world.envelopes[1]
    opened = dsse.unseal(envelope)
    said = statement.read(opened)
    certificate_text = world.certificate()
    checkpoint = world.checkpoint(witnesses=(world.witness,))
    return {
        "dsse": {
            "seed": hashlib.sha256(b"tocsin test key member").hexdigest(),
            "public key": world.member.public.hex,
            "payload": opened.payload.decode(),
            "PAE": dsse.pae(opened.payload_type, opened.payload).decode(),
            "digest": opened.digest.hex(),
            "envelope": envelope.decode(),
        },
        "statement": {"payload": opened.payload.decode(), "digest": said.digest.hex()},
        "certificate": {
            "seed": hashlib.sha256(b"tocsin test key certificate").hexdigest(),
            "issuer": world.issuer.public.hex,
            "payload": dsse.unseal(base64.b64decode(certificate_text)).payload.decode(),
            "certificate": certificate_text,
        },
        "leaf": {"leaf": world.leaves[1].decode(), "leaf hash": merkle.leaf_hash(world.leaves[1]).hex()},
        "merkle-tree": {
            "leaf hashes": "\n".join(f"{i}  {merkle.leaf_hash(data).hex()}" for i, data in enumerate(world.leaves)),
            "roots": "\n".join(f"{size}  {world.head(size).hex()}" for size in range(1, 7)),
            "inclusion 1 in 6": "\n".join(h.hex() for h in merkle.inclusion_proof(1, 6, world.node)),
            "consistency 3 to 6": "\n".join(h.hex() for h in merkle.consistency_proof(3, 6, world.node)),
        },
        "checkpoint-and-note": {
            "log vkey": note.vkey(world.origin, world.log.public),
            "witness vkey": note.vkey("witness.example", world.witness.public, note.COSIGNATURE),
            "checkpoint": checkpoint,
        },
        "receipt": {
            "proof": world.proof(1),
            "bundle": world.receipt(1, 0).decode(),
            "policy": world.policy_file().decode(),
        },
        "policy": {
            "payload": dsse.unseal(world.policy_file()).payload.decode(),
            "fingerprint hex": policy.fingerprint_hex(world.root.public),
            "fingerprint words": policy.fingerprint_words(world.root.public),
        },
        "documents": {
            "enrolment-request": dsse.unseal(world.request().envelope).payload.decode(),
            "login": dsse.unseal(
                documents.login(aud=ORIGIN, nonce="bm9uY2Ugb2YgdGhlIGh1Yg", iat_unix_s=NOON_UNIX_S, key=world.member)
            ).payload.decode(),
            "pseudonym-request": dsse.unseal(
                documents.pseudonym_request(
                    aud=ORIGIN, org=ORG, author_key=world.author, iat_unix_s=NOON_UNIX_S, key=world.member
                )
            ).payload.decode(),
        },
        "keystate": {
            "enrol": jsonstrict.dumps(statement.read(dsse.unseal(world.envelopes[0])).body).decode(),
            "key-add": jsonstrict.dumps(statement.read(dsse.unseal(world.envelopes[4])).body).decode(),
        },
    }


def written(page: str, values: dict[str, str]) -> str:
    """The text of a page of docs/spec with its vectors written anew below their marks."""

    def block(mark: re.Match[str]) -> str:
        return f"<!-- vector: {mark[1]} -->\n```\n{values[mark[1]].rstrip(chr(10))}\n```\n"

    return re.sub(r"<!-- vector: ([^>]+) -->\n(?:```\n.*?\n```\n)?", block, page, flags=re.DOTALL)


if __name__ == "__main__":
    made = vectors()
    here = Path(__file__).resolve().parent
    here.joinpath("tocsin.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for name, its_values in made.items():
        file = here.parents[1] / "docs" / "spec" / f"{name}.md"
        file.write_text(written(file.read_text(encoding="utf-8"), its_values), encoding="utf-8")
