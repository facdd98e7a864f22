"""CPU of one submission without HTTP: the door's mathematics and the sequencer's transaction, in verifies."""

from __future__ import annotations

import time

import pytest
from rig import figures, hubs

from tocsin_hub.cli import serving
from tocsin_hub.intake.admit import admit
from tocsin_hub.ledger import entries

ROUNDS, EACH = 9, 200
BARS = {"attributed": (4, 3), "pseudonymous": (5, 4)}


@pytest.mark.parametrize("mode", BARS)
def test_a_submission_costs_a_few_verifies(young: hubs.HubDir, mode: str) -> None:
    ceiling, goal = BARS[mode]
    door, queue, beside = _measured(young, mode)
    one = beside.verify_s
    figures.note(f"{mode}: admit {door / one:.2f} verifies, sequencer {queue / one:.2f} in batches of 100; goal {goal}")
    figures.at_most(
        f"ingest CPU, {mode}, without HTTP",
        (door + queue) * 1e6,
        "us",
        ratio=(door + queue) / one,
        against="one Ed25519 verify",
        ceiling=ceiling,
        beside=beside,
    )


def test_a_full_log_costs_more(filled: hubs.HubDir) -> None:
    """Every random key of the append is then a page of its own; said, because no bar speaks of it."""
    _, queue, beside = _measured(filled, "attributed")
    figures.say(
        f"sequencer CPU at {filled.records} records",
        queue * 1e6,
        "us",
        ratio=queue / beside.verify_s,
        against="one Ed25519 verify",
        bar="none",
        met=True,
    )


def _measured(home: hubs.HubDir, mode: str) -> tuple[float, float, figures.Beside]:
    """CPU seconds of admission and of the sequencer per submission, medians of ROUNDS."""
    beside, admitting, sequencing = figures.Beside(), [], []
    now = int(time.time())
    with home.opened() as hub:
        serving.tune()
        for number in range(ROUNDS + 1):
            sent = home.signer.records(now + number + 100 * len(mode), EACH, modes=mode)
            beside.tick()
            door = queue = 0.0
            for start in range(0, EACH, 100):
                items: list[entries.Admitted] = []
                door += figures.cpu_s(
                    lambda: items.extend(admit(e, hub.door.anchors, now) for e in sent[start : start + 100])  # noqa: B023
                )
                queue += figures.cpu_s(lambda: hub.sequencer.run_batch(items))  # noqa: B023
            if number:  # the first one loads vocabularies
                admitting.append(door / EACH)
                sequencing.append(queue / EACH)
        hub.readers.catch_up()
    return figures.median(admitting), figures.median(sequencing), beside
