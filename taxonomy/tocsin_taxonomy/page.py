"""The reference page of the taxonomy as Markdown, made from the data, so that page and data cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin_taxonomy import crosswalk, errors, marking, report, schemes, vocab

_HEAD = """# Taxonomy reference

Made from the data by `python -m tocsin_taxonomy > docs/reference/taxonomy.md`; a test compares the two. How to add or
change a code: [taxonomy/README.md](../../taxonomy/README.md).

A code is always written with its scheme and edition, `owasp-llm@2025:LLM03`, because editions use the same string for
different things. `null` = not assessed, `[]` = assessed, none; `unknown` = nobody knows, `withheld` = removed for privacy.
"""
_LONG = {"mitre-atlas", "un-m49", "genai-incidents-vector"}


def render() -> str:
    """The whole page; ends with a line end."""
    return (
        "\n".join([_HEAD, *_records(), *_tlp(), *_editions(), *_codes(), *_crosswalks(), *_lists(), *_errors()]) + "\n"
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


def _records() -> Iterator[str]:
    yield "## Fields of a body\n"
    for kind, model in report.MODELS.items():
        needed = report.required_fields(kind)
        others = [info.alias or name for name, info in model.model_fields.items() if not info.is_required()]
        yield (
            f"**{vocab.label('kinds', kind)}** (`{kind}`), {len(needed)} required: "
            + ", ".join(f"`{n}`" for n in needed)
            + "."
        )
        yield "Optional: " + ", ".join(f"`{n}`" for n in others) + ".\n"
    yield "`primary_category` follows from the tags where they agree; the SDK fills it in. `priority` is computed, never sent.\n"


def _tlp() -> Iterator[str]:
    yield "## Who may read\n"
    rows = [
        (f"`{level}`", ", ".join(sorted(marking.default_readers(level))) or "the named recipients")
        for level in vocab.TLP
    ]
    yield from _table(("TLP", "readers by default"), rows)
    yield "An audience may narrow this, and for the two amber levels add `regulators`. The author always reads its own records.\n"


def _each() -> Iterator[schemes.Scheme]:
    for name in schemes.all_schemes():
        yield schemes.load(*name.split("@"))


def _editions() -> Iterator[str]:
    yield "## Schemes and editions\n"
    rows = [(f"`{s}`", s.labels["en"], s.labels["zh"], s.use, str(len(s.codes)), s.source, s.licence) for s in _each()]
    yield from _table(("scheme", "name", "名称", "use", "codes", "source", "licence"), rows)
    yield "MITRE ATLAS publishes no Chinese names; there the English name stands for both languages.\n"


def _codes() -> Iterator[str]:
    for scheme in _each():
        if scheme.scheme in _LONG:
            continue
        yield f"### `{scheme}`\n"
        rows = []
        for entry in scheme.codes.values():
            depth = len(schemes.ancestors(schemes.Code(scheme.scheme, scheme.edition, entry.code)))
            rows.append(
                (
                    "&emsp;" * depth + f"`{entry.code}`",
                    entry.labels["en"],
                    entry.labels["zh"],
                    "" if entry.selectable else "no tag",
                )
            )
        yield from _table(("code", "English", "中文", ""), rows)


def _crosswalks() -> Iterator[str]:
    yield "## Crosswalks\n"
    rows = [
        (f"`{name}`", str(len(found)), str(len({row.subject for row in found})))
        for name, found in crosswalk.tables().items()
    ]
    yield from _table(("table", "rows", "codes judged"), rows)
    yield (
        "SSSOM tables; `broadMatch` means that the object is broader. Exact, close and broad matches give known tags; a code "
        "that has only narrow or related ones gives its first row, as a potential tag. Severity and harm types are never mapped.\n"
    )


def _lists() -> Iterator[str]:
    yield "## Closed lists\n"
    for name, values in vocab.LISTS.items():
        if name == "nameless_modes":
            continue
        yield (
            f"**{name}**: "
            + " · ".join(f"`{v}` {vocab.label(name, v)} {vocab.label(name, v, 'zh')}" for v in values)
            + "\n"
        )


def _errors() -> Iterator[str]:
    yield "## Codes of refusals\n"
    yield from _table(
        ("code", "meaning"), [(f"`{code}`", errors.TaxonomyError(code).meaning) for code in sorted(errors.CODES)]
    )
