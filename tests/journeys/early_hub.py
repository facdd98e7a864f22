"""A hub that lies: it says "yours is safe" before the commit. The negative control of the kill test; never installed.

    python early_hub.py --dir D --port N

It is `tocsin-hub serve` but for the one thing: the sequencer's thread answers first and appends then.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from tocsin_hub import app, settings
from tocsin_hub.cli import serving
from tocsin_hub.cli.voice import Voice
from tocsin_hub.ledger import entries, sequencer

LATE_S = 0.02  # a slow disk; without it the loss is as real and rarer


class EarlySequencer(sequencer.Sequencer):
    """Acknowledges what it has not appended."""

    def _run(self) -> None:
        while (jobs := self._take()) is not None:
            assert self._state is not None
            size = self._state.size
            for job in jobs:
                job.future.set_result(
                    [
                        entries.Placed(size + at, item.digest, item.leaf_hash, self._clock(), replayed=False)
                        for at, item in enumerate(job.items)
                    ]
                )
                size += len(job.items)
            time.sleep(LATE_S)
            self.run_batch([item for job in jobs for item in job.items])


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--port", type=int)
    given = parser.parse_args()
    app.Sequencer = EarlySequencer  # type: ignore[misc]
    serving.run(settings.load(dir=given.dir, port=given.port), Voice())


if __name__ == "__main__":
    main()
