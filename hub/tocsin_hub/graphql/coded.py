"""Codes, tags and texts as GraphQL shows them: scheme and edition always with the code, names in the language asked for.

Taxonomies are never GraphQL enums: a new edition would break every client.
"""

import enum

import strawberry

from tocsin_hub.catalogue import content
from tocsin_hub.graphql import described
from tocsin_taxonomy import schemes, vocab
from tocsin_taxonomy.errors import TaxonomyError


@strawberry.enum(
    description="The language of names that the hub itself gives. Reports stay in the language they were written in."
)
class Lang(enum.Enum):
    EN = "en"
    ZH = "zh"


def name_of(value: str, lang: str) -> str:
    """The name of a compact code, or of one of the words unknown, multiple, withheld; the code itself if it has none."""
    try:
        if value in vocab.SPECIAL:
            return vocab.label("special", value, lang)
        return schemes.label(schemes.resolve(value), lang)
    except (TaxonomyError, KeyError):
        return value


@strawberry.type(description="A code with its scheme and edition, or one of the words unknown, multiple, withheld.")
class Code:
    value: str = strawberry.field(description="`scheme@edition:code`, or the word.")

    @described.field("Null for a word.")
    def scheme(self) -> str | None:
        return None if self.value in vocab.SPECIAL else schemes.parse(self.value).scheme

    @described.field("Null for a word.")
    def edition(self) -> str | None:
        return None if self.value in vocab.SPECIAL else schemes.parse(self.value).edition

    @described.field("The code within its scheme and edition, or the word.")
    def code(self) -> str:
        return self.value if self.value in vocab.SPECIAL else schemes.parse(self.value).code

    @strawberry.field
    def label(self, lang: Lang = Lang.EN) -> str:
        return name_of(self.value, lang.value)


def coded(value: str | None) -> Code | None:
    """A code, or null where nothing was assessed."""
    return None if value is None else Code(value=value)


@strawberry.type(description="A risk code as its author or a rule gave it.")
class Tag:
    scheme: str
    edition: str
    code: str
    confidence: str | None = strawberry.field(description="known or potential.")
    assigned_by: str | None = strawberry.field(description="reporter, moderator, importer, rule or model.")
    predicate: str | None = strawberry.field(description="The SSSOM mapping predicate, if a rule derived the tag.")
    via: str | None = strawberry.field(description="The code that the tag was derived from.")

    @described.field("`scheme@edition:code`.")
    def value(self) -> str:
        return f"{self.scheme}@{self.edition}:{self.code}"

    @strawberry.field
    def label(self, lang: Lang = Lang.EN) -> str:
        return name_of(f"{self.scheme}@{self.edition}:{self.code}", lang.value)


def tag_of(tag: content.Tag) -> Tag:
    return Tag(
        scheme=tag.scheme,
        edition=tag.edition,
        code=tag.code,
        confidence=tag.confidence,
        assigned_by=tag.assigned_by,
        predicate=tag.predicate,
        via=tag.via,
    )


@strawberry.type(description="What a person wrote, in the language it was written in (BCP 47).")
class Text:
    text: str
    language: str


def text_of(text: content.Text | None) -> Text | None:
    return None if text is None else Text(text=text.text, language=text.language)


def texts_of(texts: tuple[content.Text, ...] | None) -> list[Text] | None:
    return None if texts is None else [Text(text=text.text, language=text.language) for text in texts]
