"""One record as a person reads it: what happened, when, where, how bad, its codes by name, who may read it, where it comes from.

The body is checked against the schema first. What does not fit (an edition this client does not know, a hub that lies) is
shown as it was sent, so nothing that a hub says can break the page; control and bidi characters are stripped on the way out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tocsin_client import tables
from tocsin_client.cli.voice import Voice, clean, table
from tocsin_taxonomy import assess, marking, report, schemes, vocab
from tocsin_taxonomy import errors as taxonomy_errors

if TYPE_CHECKING:
    from tocsin_taxonomy.incident import Finding, Incident
    from tocsin_taxonomy.practice import Mitigation

    AnyRecord = Incident | Finding | Mitigation

Row = tuple[str, str]  # a key of messages and what stands beside it


def lines(said: Voice, found: Mapping[str, Any], width: int) -> list[str]:
    """The record that `Hub.show` returned, in the language of this run, in lines of at most `width` columns."""
    try:
        record = report.parse(str(found.get("kind")), found["body"], mode=str(found.get("mode")))
    except (taxonomy_errors.TaxonomyError, AttributeError, TypeError, ValueError):
        said.warn(said.text("show.unknown-form"))
        head = [(k, str(v)) for k, v in found.items() if k != "body" and not isinstance(v, dict | list | None)]
        return [*table(head), "", *json.dumps(found["body"], ensure_ascii=False, indent=2).splitlines()]
    title = f"{found.get('recordId')}  {clean(record.main_title.text)}"
    shown = [(said.text(f"show.{key}"), clean(text)) for key, text in _rows(said, found, record) if text]
    column = max(tables.width(name) for name, _ in shown) + 2
    result = [*tables.wrapped(title, width, rest="  "), ""]
    for name, text in shown:
        result += tables.wrapped(text, max(width, column + 20), first=name + " " * (column - tables.width(name)))
    return result


def _rows(said: Voice, found: Mapping[str, Any], record: AnyRecord) -> Iterator[Row]:
    lang = said.lang
    yield "kind", _kind(said, found, record)
    if record.kind == "mitigation":
        yield from _practice(record, lang)  # type: ignore[arg-type]
    else:
        yield from _reported(said, record, lang)  # type: ignore[arg-type]
    yield "codes", "\n".join(_tag(tag, lang) for tag in record.tags)
    yield "readers", _readers(said, record.marking)
    yield from _source(said, record)
    author = found.get("org") or said.text("show.nameless", key=str(found.get("authorKey"))[:16])
    yield "author", f"{author} ({vocab.label('modes', str(found.get('mode')), lang)})"
    yield "log", said.text(
        "show.entry", index=str(found.get("logIndex")), head=str(found.get("headIndex")),
        amends=str(found.get("amends", 0)), at=str(found.get("acceptedAt"))[:10],
    )  # fmt: skip
    yield "digest", str(found.get("digest"))


def _kind(said: Voice, found: Mapping[str, Any], record: AnyRecord) -> str:
    record_type = getattr(record, "record_type", None)
    name = (
        vocab.label("record_types", record_type, said.lang)
        if record_type
        else vocab.label("kinds", record.kind, said.lang)
    )
    state = "" if found.get("state") in (None, "published") else f" [{found['state']}]"
    return name + state + (f" ({said.text('show.demo')})" if record.demo else "")


def _reported(said: Voice, record: Incident | Finding, lang: str) -> Iterator[Row]:
    """What an incident and a finding say."""
    summary = record.summary
    yield "summary", vocab.label("special", "unknown", lang) if isinstance(summary, str) else summary.text
    basis = getattr(record.when, "basis", None)
    yield "when", record.when.value + (f" ({vocab.label('basis', basis, lang)})" if basis else "")
    places = [code for code in (record.region_code, record.sector_code) if code is not None]
    yield "where", _semicolon(lang).join(dict.fromkeys(_name(code, lang) for code in places))
    yield "system", _name(record.system_class, lang)
    role = getattr(record, "ai_role", None)
    if role is not None:
        contribution = vocab.label("ai_contribution", record.ai_contribution, lang)  # type: ignore[union-attr]
        yield "ai", contribution + _semicolon(lang) + vocab.label("ai_role", role, lang)
    tool = getattr(record, "tool", None)
    if tool is not None:
        yield "tool", " ".join(part for part in (tool.name, tool.version) if part)
    yield (
        "metrics",
        "\n".join(
            f"{m.name}: {m.value:g}{f' {m.unit}' if m.unit else ''}{f' (n = {m.n})' if m.n is not None else ''}"
            for m in getattr(record, "metrics", ())
        ),
    )
    yield "severity", _severity(said, record)
    acceptability = getattr(record, "acceptability", None) or assess.acceptability_default
    priority = assess.priority(record.severity_potential, acceptability)
    yield "priority", vocab.label("priority", priority, lang) if priority else said.text("show.not-assessed")
    links = [f"{_name(link.from_, lang)} → {_name(link.to, lang)}" for link in record.chain or ()]
    yield "chain", "\n".join(links)
    used = getattr(record, "mitigations_used", None) or ()
    yield "used", "\n".join(f"{m.record_id}: {vocab.label('helped', m.helped, lang)}" for m in used)


def _practice(record: Mitigation, lang: str) -> Iterator[Row]:
    """What a mitigation says."""
    yield "description", record.description.text
    layer = vocab.label("layer", record.control_layer, lang)
    yield "strategy", vocab.label("strategy", record.strategy, lang) + _semicolon(lang) + layer
    yield "status", vocab.label("mitigation_status", record.status, lang)
    yield "stage", ", ".join(vocab.label("stages", stage, lang) for stage in record.lifecycle_stage)
    fits = record.applicability
    yield "applies", "\n".join([
        *(_name(code, lang) for code in (*fits.system_classes, *fits.sectors)), *(note.text for note in fits.preconditions),
    ])  # fmt: skip
    if record.statement is not None:
        yield "check", record.statement.verification_method.text if record.statement.verification_method else ""
    for name, note in (("side-effects", record.side_effects), ("bypass", record.known_bypass)):
        yield name, note.text if note is not None else ""


def _severity(said: Voice, record: Incident | Finding) -> str:
    def step(value: int | None) -> str:
        return (
            said.text("show.not-assessed")
            if value is None
            else f"{value}/5 {_name(f'tocsin-sev@1:{value}', said.lang)}"
        )

    return "\n".join(
        said.text(f"show.{name}", step=step(value))
        for name, value in (("potential", record.severity_potential), ("actual", record.severity_actual))
    )


def _readers(said: Voice, rule: marking.Marking) -> str:
    groups = [group for group in vocab.AUDIENCE if group in marking.readers(rule)]
    names = [said.text(f"reader.{group}") for group in (groups if "public" not in groups else ["public"])]
    names += list(rule.recipients)
    who = ("、" if said.lang == "zh" else ", ").join(names) or said.text("reader.author")
    until = said.text("show.embargo", until=rule.embargo_until) if rule.embargo_until else ""
    return f"TLP:{rule.tlp.upper()}: {who}{until}"


def _source(said: Voice, record: AnyRecord) -> Iterator[Row]:
    evidence = getattr(record, "evidence_class", None)
    origin = record.provenance
    parts = [vocab.label("evidence", evidence, said.lang)] if evidence else []
    if origin is not None:
        parts += [origin.source, *([origin.attribution] if origin.attribution else [])]
    yield "source", _semicolon(said.lang).join(parts)
    yield "licence", origin.licence if origin is not None else ""
    yield (
        "references",
        "\n".join(
            " ".join(part for part in (ref.title, ref.url or f"{ref.source} {ref.external_id}") if part)
            for ref in record.references
        ),
    )
    if origin is not None and origin.batch_approval is not None:
        said_of_all = origin.batch_approval
        yield "approval", f"{said_of_all.statement} ({said_of_all.by}, {said_of_all.at_day})"


def _tag(tag: Any, lang: str) -> str:
    by = vocab.label("assigned_by", tag.assigned_by, lang)
    return f"{_name(tag.compact, lang)} [{tag.compact}; {vocab.label('tag_confidence', tag.confidence, lang)}; {by}]"


def _semicolon(lang: str) -> str:
    return "；" if lang == "zh" else "; "


def _name(code: str, lang: str) -> str:
    """The name of a code or of one of the words unknown, multiple, withheld."""
    if "@" not in code:
        return vocab.label("special", code, lang)
    return schemes.label(schemes.parse(code), lang)
