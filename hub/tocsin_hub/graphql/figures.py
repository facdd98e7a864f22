"""Trends as GraphQL shows them: a table of cells, what it covers, and what its figures do not mean."""

import enum

import strawberry
from sqlalchemy.orm import Session

from tocsin_hub.graphql.coded import Lang, name_of
from tocsin_hub.members import access
from tocsin_hub.trends import query
from tocsin_hub.trends.columns import Columns
from tocsin_taxonomy import vocab

VOCABULARIES = {"record_type": "record_types", "evidence_class": "evidence", "kind": "kinds"}


@strawberry.enum(description="What a trend table may be grouped by.")
class TrendDimension(enum.Enum):
    CATEGORY = "category"
    LEAF = "leaf"
    SECTOR = "sector"
    REGION = "region"
    YEAR = "year"
    QUARTER = "quarter"
    SEVERITY = "severity"
    RECORD_TYPE = "record_type"
    SYSTEM_CLASS = "system_class"
    EVIDENCE_CLASS = "evidence_class"
    KIND = "kind"


@strawberry.input(
    description="Which records count. Within a field any value fits; fields add up. Codes are `scheme@edition:code`."
)
class TrendFilter:
    kinds: list[str] | None = strawberry.field(default=None, description="Default: incident, unless grouped by kind.")
    tags: list[str] | None = strawberry.field(default=None, description="A category finds what lies below it.")
    sectors: list[str] | None = None
    regions: list[str] | None = strawberry.field(default=None, description="A region finds what lies in it.")
    years: list[int] | None = None
    severity_min: int | None = strawberry.field(default=None, description="Least potential severity, 0 to 5.")
    record_types: list[str] | None = None
    system_classes: list[str] | None = None
    evidence_classes: list[str] | None = None
    include_exercise: bool = strawberry.field(default=False, description="Exercises are left out otherwise.")


@strawberry.type
class TrendKey:
    dimension: str
    value: str = strawberry.field(description="A code, `2024`, `2024-Q1`, or a severity.")

    @strawberry.field
    def label(self, lang: Lang = Lang.EN) -> str:
        listed = VOCABULARIES.get(self.dimension)
        if listed is None:
            return name_of(self.value, lang.value)
        try:
            return vocab.label(listed, self.value, lang.value)
        except KeyError:
            return self.value


@strawberry.type(description="A cell that is not empty.")
class TrendCell:
    keys: list[TrendKey] = strawberry.field(description="One per dimension, in the order asked.")
    count: int
    author_keys: int = strawberry.field(description="Distinct authors you can see; no number of organisations.")


@strawberry.type(description="How many of the records chosen state a value of this dimension.")
class Coverage:
    dimension: str
    records: int


@strawberry.type
class TrendNote:
    code: str

    @strawberry.field
    def text(self, lang: Lang = Lang.EN) -> str:
        return query.NOTES[self.code][lang.value]


@strawberry.type(description="Exact counts over the records that you may read one by one.")
class TrendTable:
    dimensions: list[str]
    cells: list[TrendCell] = strawberry.field(description="In order of their keys; at most 5,000.")
    truncated: bool
    total: int = strawberry.field(description="Records chosen.")
    author_keys: int
    coverage: list[Coverage]
    notes: list[TrendNote]
    as_of: int = strawberry.field(description="The log size that these figures reflect.")


def table(session: Session, viewer: access.Viewer, columns: Columns, asked: query.TrendQuery) -> query.TrendTable:
    """`query.table` in the order of arguments that every read has."""
    return query.table(session, columns, viewer, asked)


def asked(by: list[str], chosen: TrendFilter | None) -> query.TrendQuery:
    """The question of `by` and a filter. Raises HubError unknown-dimension, unknown-filter-value, or TaxonomyError."""
    given = TrendFilter() if chosen is None else chosen
    return query.TrendQuery(
        by=tuple(by),
        kinds=None if given.kinds is None else tuple(given.kinds),
        tags=tuple(given.tags or ()),
        sectors=tuple(given.sectors or ()),
        regions=tuple(given.regions or ()),
        years=tuple(given.years or ()),
        severity_min=given.severity_min,
        record_types=tuple(given.record_types or ()),
        system_classes=tuple(given.system_classes or ()),
        evidence_classes=tuple(given.evidence_classes or ()),
        include_exercise=given.include_exercise,
    )


def of_table(found: query.TrendTable) -> TrendTable:
    """The value of a table."""
    return TrendTable(
        dimensions=list(found.dims),
        cells=[
            TrendCell(
                keys=[TrendKey(dimension=dim, value=key) for dim, key in zip(found.dims, cell.keys, strict=True)],
                count=cell.count,
                author_keys=cell.author_keys,
            )
            for cell in found.rows
        ],
        truncated=found.truncated,
        total=found.total,
        author_keys=found.author_keys,
        coverage=[Coverage(dimension=dim, records=records) for dim, records in found.coverage.items()],
        notes=[TrendNote(code=code) for code in found.notes],
        as_of=found.as_of,
    )
