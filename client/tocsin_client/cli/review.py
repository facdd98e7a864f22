"""The gate at a terminal: every open span is decided, what leaves and its readers are shown, a person approves.

There is no flag that answers these questions. A pipe cannot answer them either: without a terminal the command stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin_client import errors
from tocsin_client.cli.voice import Voice, columns, table

if TYPE_CHECKING:
    from tocsin_client.redact.approval import Approved
    from tocsin_client.redact.preview import Preview
    from tocsin_client.redact.spans import Span

_CHOICES = {"r": "replace", "d": "drop", "k": "keep"}
_CONTEXT_CHARS = 30


def walk(said: Voice, preview: Preview, path: str, by: str | None, *, raw: bool = False) -> Approved:
    """Lead a person through the gate; Approved, or GateError if the person does not approve. `raw`: show the bytes too."""
    said.need_person()
    head(said, preview, path)
    stop_if_blocked(said, preview)
    for span in preview.open:
        preview = _decided(said, preview, span)
    preview = _widened(said, preview)
    leaves(said, preview, raw=raw)
    who = by or said.ask(said.text("gate.by"))
    if not said.yes(said.text("gate.approve")):
        raise errors.GateError("not-approved", said.text("gate.not"))
    return preview.approve(by=who)


def head(said: Voice, preview: Preview, path: str) -> None:
    """What is being checked, and what the mode hides and does not hide."""
    kind, mode = said.named(preview.kind, preview.mode)
    said.show(said.text("gate.head", path=path, kind=kind, mode=mode), style="bold")
    if preview.mode != "attributed":
        said.show(said.text("gate.nameless"))
    if preview.coarsened:
        said.show(said.text("gate.coarsened"))
        for change in preview.coarsened:
            said.show("  " + said.text(f"gate.{change.reason}", before=change.before, after=change.after))


def stop_if_blocked(said: Voice, preview: Preview) -> None:
    """Show hits of the own dictionary and stop: nothing but rewriting helps."""
    if not preview.blocked:
        return
    said.show(said.text("gate.blocked", count=len(preview.blocked)))
    for span in preview.blocked:
        said.show("  " + line(said, preview, span))
    first = preview.blocked[0]
    raise errors.GateError("own-dictionary", said.text("gate.blocked", count=len(preview.blocked)), where=first.path)


def leaves(said: Voice, preview: Preview, *, raw: bool = False) -> None:
    """The word diff, every field as a person reads it (the exact bytes with `raw`), the readers, how unusual it is."""
    changes = preview.diff()
    said.show(said.text("gate.diff" if changes else "gate.same"))
    for path in dict.fromkeys(path for path, _, _ in changes):
        from tocsin_client.cli.voice import clean

        parts = [(how, clean(text)) for where, how, text in changes if where == path]
        marks = {"same": "{}", "out": "[-{}-]", "in": "{{+{}+}}"}
        line = "".join(said.styled(marks[how].format(text), "" if how == "same" else how) for how, text in parts)
        print_line(f"  {path}: {line}")
    _content(said, preview, raw)
    fresh = preview.mode != "attributed"
    said.show(
        said.text(
            "gate.header",
            key=said.text("gate.key-fresh" if fresh else "gate.key-own"),
            time=said.text("gate.time-day" if fresh else "gate.time-second"),
        )
    )
    said.show(said.text("gate.readers"))
    rows = [
        (
            "  " + said.text(f"reader.{one.group}"),
            said.text("reader.yes" if one.may_read else "reader.no"),
            said.text(f"condition.{one.condition}") if one.condition else "",
        )
        for one in preview.audience
    ]
    for line in table(rows):
        said.show(line)
    if fresh:
        _crowd(said, preview)


def _content(said: Voice, preview: Preview, raw: bool) -> None:
    from tocsin_client.cli import readable

    body = preview.body_bytes
    said.show(said.text("gate.content"))
    for line in readable.lines(preview.body, said.lang, columns() - 2):
        said.show(f"  {line}")
    said.show(said.text("gate.bytes" if raw else "gate.bytes-hint", count=len(body), sha256=preview.sha256))
    if raw:
        said.show(body.decode("utf-8"), style="dim")


def print_line(line: str) -> None:
    """Print a line whose parts were cleaned and styled already."""
    import sys

    print(line, file=sys.stderr)


def _crowd(said: Voice, preview: Preview) -> None:
    found = preview.unusual
    if found.fitting is None:
        said.show(said.text("gate.crowd-unknown"))
        return
    said.show(said.text("gate.crowd", fitting=found.fitting, total=found.total))
    if found.small:
        said.show(said.text("gate.crowd-small"), style="bold")


def _decided(said: Voice, preview: Preview, span: Span) -> Preview:
    said.show(line(said, preview, span))
    question = "gate.decide-rule" if span.blocks else "gate.decide"
    while True:
        choice = said.ask(said.text(question, proposal=span.proposal)).casefold()[:1]
        action = _CHOICES.get(choice)
        if action is None or (action == "keep" and span.blocks):
            continue
        reason = said.ask(said.text("gate.reason")) if action == "keep" else ""
        if action == "keep" and not reason:
            continue
        return preview.decide({span.id: action}, {span.id: reason})


def _widened(said: Voice, preview: Preview) -> Preview:
    """The one question about readers: regulators within their grant, and everybody."""
    may = {one.group: one.may_read for one in preview.audience}
    if may["public"] or (preview.source.get("marking") or {}).get("tlp") == "red":
        return preview
    regulators = may["regulators"] or said.yes(said.text("gate.regulators"))
    everybody = said.yes(said.text("gate.everybody"))
    return preview.widen(regulators=regulators, everybody=everybody)


def line(said: Voice, preview: Preview, span: Span) -> str:
    """One span with a little of what stands around it."""
    from tocsin_client.redact import spans

    text = str(spans.at(preview.source, span.path))
    before = text[max(0, span.start - _CONTEXT_CHARS) : span.start]
    after = text[span.end : span.end + _CONTEXT_CHARS]
    return said.text(
        "gate.span", id=span.id, where=span.path, class_=span.class_, text=f"…{before}>>{span.text}<<{after}…"
    )
