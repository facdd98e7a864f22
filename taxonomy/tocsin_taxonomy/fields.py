"""Parts that incidents, findings and mitigations share: texts, dates, tags, codes, severity.

All models are frozen and strict and refuse unknown keys. A validator that refuses raises a PydanticCustomError whose
type is a code of errors.CODES and whose words are ours, so report.parse can pass both on without ever showing input.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from tocsin_taxonomy import schemes, vocab
from tocsin_taxonomy.errors import TaxonomyError

MAX_TITLE = 120
MAX_SUMMARY = 600
MAX_TITLE_PUBLIC = 300
MAX_SUMMARY_PUBLIC = 4000

T = TypeVar("T")
Few = Annotated[tuple[T, ...], Field(strict=False, max_length=16)]  # strict=False: JSON has arrays, not tuples
Many = Annotated[tuple[T, ...], Field(strict=False, max_length=64)]

Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Step = Annotated[int, Field(ge=0, le=5)]


def refuse(code: str, words: str) -> NoReturn:
    """Refuse inside a validator with one of our codes; `words` are ours and may be shown."""
    raise PydanticCustomError(code, "{words}", {"words": words})


class Part(BaseModel):
    """What every part of a record is: frozen, strict, closed. `spoken` names the fields that hold what a person wrote."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, serialize_by_alias=True)

    spoken: ClassVar[tuple[str, ...]] = ()

    def human_text(self) -> Iterator[tuple[str, str]]:
        """Every free text below this part, as (dotted path, text); codes, bands and digests are not text."""
        for name in self.spoken:
            yield from _texts(name, getattr(self, name))


def _texts(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Part):
        for below, text in value.human_text():
            yield f"{path}.{below}", text
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _texts(f"{path}.{position}", item)


class Text(Part):
    """Something a person wrote, with its BCP 47 language; lengths are in characters."""

    spoken = ("text",)

    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_SUMMARY_PUBLIC)]
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$")]


class Note(Text):
    """A text of an optional field, at most 600 characters."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_SUMMARY)]


_FORMS: dict[str, re.Pattern[str]] = {
    "year": re.compile(r"(19[5-9]\d|20\d\d)", re.ASCII),
    "quarter": re.compile(r"(19[5-9]\d|20\d\d)-Q[1-4]", re.ASCII),
    "month": re.compile(r"(19[5-9]\d|20\d\d)-(0[1-9]|1[0-2])", re.ASCII),
    "day": re.compile(r"(19[5-9]\d|20\d\d)-\d\d-\d\d", re.ASCII),
}


class When(Part):
    """A date only as precise as it says: `2024`, `2024-Q1`, `2024-02` or `2024-02-03`."""

    value: Annotated[str, Field(max_length=10)]
    precision: vocab.Precision

    @model_validator(mode="after")
    def _form_fits(self) -> When:
        if not _FORMS[self.precision].fullmatch(self.value):
            refuse("date-precision", "2024, 2024-Q1, 2024-02 or 2024-02-03, as the precision says")
        if self.precision == "day":
            try:
                datetime.date.fromisoformat(self.value)
            except ValueError:
                refuse("date-precision", "no such day")
        return self

    @property
    def year(self) -> int:
        """The year."""
        return int(self.value[:4])

    @property
    def quarter(self) -> str | None:
        """The quarter as `2024-Q1`; None if only the year is given."""
        if self.precision == "year":
            return None
        if self.precision == "quarter":
            return self.value
        return f"{self.value[:4]}-Q{(int(self.value[5:7]) + 2) // 3}"


class Occurred(When):
    """When it happened, and what that date is the date of."""

    basis: vocab.Basis


@lru_cache(maxsize=4096)
def _check_tag(scheme: str, edition: str, code: str) -> None:
    if schemes.load(scheme, edition).use != "risk":
        raise TaxonomyError("unknown-scheme", "scheme", detail="not a scheme of risks")
    entry = schemes.require(schemes.Code(scheme, edition, code))
    if not entry.selectable or entry.layer == "mitigation":
        raise TaxonomyError("unknown-code", "code", detail="this code may not be a risk tag")


class Tag(Part):
    """A risk code with its scheme and edition, how sure it is and who assigned it; `via` is the code it was derived from."""

    scheme: Annotated[str, Field(max_length=40)]
    edition: Annotated[str, Field(max_length=20)]
    code: Annotated[str, Field(max_length=96)]
    confidence: vocab.TagConfidence
    assigned_by: vocab.AssignedBy
    predicate: vocab.Predicate | None = None
    via: Annotated[str, Field(max_length=160)] | None = None

    @model_validator(mode="after")
    def _exists(self) -> Tag:
        try:
            _check_tag(self.scheme, self.edition, self.code)
            if self.via is not None:
                schemes.resolve(self.via)
        except TaxonomyError as error:
            refuse(error.code, error.detail or error.meaning)
        return self

    @property
    def compact(self) -> str:
        """`scheme@edition:code`."""
        return f"{self.scheme}@{self.edition}:{self.code}"


@lru_cache(maxsize=4096)
def _check_code(text: str, use: str) -> None:
    code = schemes.resolve(text)
    if schemes.load(code.scheme, code.edition).use != use:
        raise TaxonomyError("unknown-scheme", detail=f"not a scheme of use {use}")
    if not schemes.require(code).selectable:
        raise TaxonomyError("unknown-code", detail="this code may not be chosen")


def _coded(use: str, *, words: tuple[str, ...] = ()) -> AfterValidator:
    def check(value: str) -> str:
        if value not in words:
            try:
                _check_code(value, use)
            except TaxonomyError as error:
                refuse(error.code, error.detail or error.meaning)
        return value

    return AfterValidator(check)


Sector = Annotated[str, Field(max_length=60), _coded("sector", words=vocab.SPECIAL)]
Region = Annotated[str, Field(max_length=60), _coded("region", words=vocab.SPECIAL)]
SystemClass = Annotated[str, Field(max_length=80), _coded("system-class", words=vocab.SPECIAL)]
SectorCode = Annotated[str, Field(max_length=60), _coded("sector")]
SystemClassCode = Annotated[str, Field(max_length=80), _coded("system-class")]
RiskCode = Annotated[str, Field(max_length=160), _coded("risk")]


class SourceSeverity(Part):
    """What another scale said, kept as it was and never converted."""

    spoken = ("scheme", "edition", "value")

    scheme: Name
    edition: Annotated[str, StringConstraints(max_length=40)]
    value: Name


class Dimensions(Part):
    """Severity 0-5 in each of six dimensions; null = not assessed."""

    people: Step | None = None
    rights: Step | None = None
    money_property: Step | None = Field(default=None, alias="money-property")
    service_infrastructure: Step | None = Field(default=None, alias="service-infrastructure")
    information_society: Step | None = Field(default=None, alias="information-society")
    environment: Step | None = None

    def greatest(self) -> int | None:
        """The greatest step assessed; None if none is."""
        steps = [s for s in (getattr(self, name) for name in type(self).model_fields) if s is not None]
        return max(steps) if steps else None


class Severity(Part):
    """What happened (actual) and the worst likely outcome (potential), both 0-5 or null = not assessed."""

    scheme: Literal["tocsin-sev"]
    edition: Literal["1"]
    actual: Step | None
    potential: Step | None
    dimensions: Dimensions | None = None
    barrier: Annotated[int, Field(ge=1, le=4)] | None = None
    source: Few[SourceSeverity] = ()

    spoken = ("source",)

    @model_validator(mode="after")
    def _in_order(self) -> Severity:
        if self.potential is not None:
            if self.actual is not None and self.actual > self.potential:
                refuse("severity-order", "potential must not be below actual")
            greatest = self.dimensions.greatest() if self.dimensions is not None else None
            if greatest is not None and greatest > self.potential:
                refuse("severity-order", "potential must not be below a dimension")
        return self
