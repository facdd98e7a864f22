"""The taxonomy as GraphQL shows it: schemes with their codes, and the closed lists, named in Chinese and English."""

import strawberry

from tocsin_hub.errors import HubError
from tocsin_hub.graphql.coded import Lang
from tocsin_taxonomy import schemes, vocab


@strawberry.type(description="A code of a scheme, and the code that it lies under.")
class SchemeCode:
    value: str = strawberry.field(description="`scheme@edition:code`.")
    code: str
    parent: str | None = strawberry.field(description="`scheme@edition:code`; may be of another scheme.")
    layer: str | None
    selectable: bool = strawberry.field(description="Whether it may be chosen in a report.")

    @strawberry.field
    def label(self, lang: Lang = Lang.EN) -> str:
        return schemes.label(schemes.parse(self.value), lang.value)


@strawberry.type(description="One edition of a scheme.")
class Scheme:
    scheme: str
    edition: str
    use: str = strawberry.field(description="risk, sector, region, system-class or severity.")
    source: str
    licence: str

    @strawberry.field
    def label(self, lang: Lang = Lang.EN) -> str:
        labels = schemes.load(self.scheme, self.edition).labels
        return labels[lang.value]


@strawberry.type(description="A value of a closed list.")
class Word:
    list_name: strawberry.Private[str]
    value: str

    @strawberry.field
    def label(self, lang: Lang = Lang.EN) -> str:
        return vocab.label(self.list_name, self.value, lang.value)


def all_schemes() -> list[Scheme]:
    """Every edition that this hub knows."""
    loaded = (schemes.load(*name.split("@")) for name in schemes.all_schemes())
    return [Scheme(scheme=s.scheme, edition=s.edition, use=s.use, source=s.source, licence=s.licence) for s in loaded]


def codes_of(scheme: str, edition: str) -> list[SchemeCode]:
    """The codes of one edition, in the order of its source. Raises TaxonomyError unknown-scheme or unknown-edition."""
    found = schemes.load(scheme, edition)
    return [
        SchemeCode(
            value=f"{found}:{entry.code}",
            code=entry.code,
            parent=_compact(found, entry.parent),
            layer=entry.layer,
            selectable=entry.selectable,
        )
        for entry in found.codes.values()
    ]


def _compact(scheme: schemes.Scheme, parent: str | None) -> str | None:
    return parent if parent is None or ":" in parent else f"{scheme}:{parent}"


def words_of(list_name: str) -> list[Word]:
    """The values of a closed list such as `record_types`. Raises HubError unknown-filter-value."""
    if list_name not in vocab.LISTS:
        raise HubError("unknown-filter-value", where="list")
    return [Word(list_name=list_name, value=value) for value in vocab.LISTS[list_name]]
