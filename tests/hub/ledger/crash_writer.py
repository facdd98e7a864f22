"""A writer that is to be killed: appends batches for ever and prints each place once it is acknowledged.

    python crash_writer.py DATABASE_URL ANCHOR LOG_KEY_SEED_HEX acknowledge-after|acknowledge-before

`acknowledge-before` is the negative control: it says "yours is safe" before the commit, and must be caught losing some.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from tocsin_hub.ledger import anchor, entries, nodes, publish, seal, sequencer
from tocsin_hub.settings import Settings
from tocsin_hub.store.session import Store
from tocsin_trust import dsse, keys, leaf, merkle, statement

ORIGIN = "hub.example.org/log"
DAY_UNIX_S = 1_790_000_000 - 1_790_000_000 % 86_400


def item() -> entries.Admitted:
    """A fresh pseudonymous statement: nothing of it repeats in any round."""
    key = keys.SigningKey.generate()
    payload = statement.build(
        kind="incident",
        aud=ORIGIN,
        mode="pseudonymous",
        kid=key.public.hex,
        cred="AAAA",
        iat_unix_s=DAY_UNIX_S,
        prev=None,
        dir=None,
        body={"note": secrets.token_hex(8)},
    )
    envelope = dsse.seal(statement.payload_type("incident"), payload, key)
    opened = dsse.unseal(envelope)
    said = statement.read(opened)
    line = leaf.text(opened, said)
    return entries.Admitted(opened.digest, envelope, line, merkle.leaf_hash(line), said, None)


def main(url: str, anchor_path: str, seed_hex: str, when: str) -> None:
    """Never returns by itself."""
    held = anchor.Anchor(Path(anchor_path), ORIGIN)
    memo = nodes.Memo()
    sealer = seal.Sealer(held, publish.Publisher(memo), ORIGIN, keys.SigningKey.from_seed(bytes.fromhex(seed_hex)))
    running = sequencer.Sequencer(Store(url), (), (), sealer, lambda: DAY_UNIX_S, Settings(), memo=memo)
    size = running.recover().size
    while True:
        batch = [item() for _ in range(secrets.choice((1, 3, 40, 120)))]
        if when == "acknowledge-before":
            for at, each in enumerate(batch):
                print(size + at, each.digest.hex(), flush=False)
            sys.stdout.flush()
        placed = [answer for answer in running.run_batch(batch) if isinstance(answer, entries.Placed)]
        size += len(placed)
        if when == "acknowledge-after":
            for place in placed:
                print(place.idx, place.digest.hex(), flush=False)
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
