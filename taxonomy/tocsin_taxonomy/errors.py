"""What the taxonomy wing says when it refuses: one class, stable codes, a dotted path, never the content.

    TaxonomyError
    └── code (stable kebab-case), where (dotted path into the record, or None), detail (words of ours only, or None)

`detail` names allowed values, a class of finding or a known field; it never holds what the sender wrote.
"""

from __future__ import annotations

# One code a line: the table is read more often than it is written.
_MEANINGS: dict[str, str] = {
    "unknown-scheme": "no such scheme, or one that may not be used in this place",
    "unknown-edition": "the scheme is known, this edition of it is not",
    "unknown-code": "the scheme and edition are known, the code is not, or it may not be chosen",
    "bare-code": "a code without its scheme and edition",
    "malformed-record": "a field is missing, unknown, or has the wrong form",
    "text-too-long": "a text is over the limit of its field",
    "date-precision": "the form of a date does not agree with its precision",
    "unknown-tlp": "not a level of TLP 2.0",
    "audience-too-wide": "the audience holds a group that the TLP level does not reach",
    "severity-order": "potential severity is below actual severity or below a dimension",
    "acceptability-refused": "acceptability 5 where people or rights are hurt",
    "tag-required": "no risk tag of the hub's own schemes, or a primary category that no tag supports",
    "reference-required": "public-source evidence without a reference",
    "chain-invalid": "a chain that does not lead from an endogenous to a derived code of this record",
    "public-source-rule": "a freedom of public-source records used by another record",
    "nameless-too-precise": "a date or region finer than a nameless mode allows",
    "identifying-text": "text that identifies somebody or hides characters",
    "crowd-too-small": "too few others share these fields",
}

CODES: frozenset[str] = frozenset(_MEANINGS)


class TaxonomyError(Exception):
    """A refusal with a stable `code`, the dotted path `where` it applies, and a `detail` free of content."""

    def __init__(self, code: str, where: str | None = None, *, detail: str | None = None) -> None:
        if code not in CODES:
            raise KeyError(code)  # a bug of ours, not of the sender
        super().__init__(code if where is None else f"{code} at {where}")
        self.code = code
        self.where = where
        self.detail = detail

    @property
    def meaning(self) -> str:
        """One plain English sentence for the code."""
        return _MEANINGS[self.code]

    def at(self, prefix: str) -> TaxonomyError:
        """The same refusal seen from one level up: `prefix` is put before the path."""
        where = prefix if self.where is None else f"{prefix}.{self.where}"
        return TaxonomyError(self.code, where, detail=self.detail)
