"""What waits, in honest counts: nothing is held back for review here; only requests to join wait for a person."""

from __future__ import annotations

from tocsin_hub.members import enrol
from tocsin_hub.web import render
from tocsin_hub.web.face import Made, Seen

DAY_S = 86_400


def page(seen: Seen) -> Made:
    """/queue. Requests to join are in no log, so no stamp covers this page and nobody keeps it."""
    waiting, oldest_unix_s = enrol.waiting(seen.session)
    return render.page(
        seen,
        "queue.html",
        here="queue",
        kept=False,
        waiting=waiting,
        days=None if oldest_unix_s is None else max(0, (seen.now_unix_s - oldest_unix_s) // DAY_S),
        lag=max(0, seen.checkpoint_size - seen.as_of),
    )
