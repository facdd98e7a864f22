"""The schema: types put together with their guards, and printed as SDL into docs/reference/schema.graphql."""

from graphql import GraphQLError
from strawberry import Schema
from strawberry.extensions import ParserCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext
from strawberry.types.scalar import ScalarDefinition, scalar

from tocsin_hub.graphql import limits
from tocsin_hub.graphql.mutations import Base64, Mutation
from tocsin_hub.graphql.queries import Query
from tocsin_hub.graphql.records import Finding, Incident, Mitigation, Tombstone

_BASE64: ScalarDefinition = scalar(
    name="Base64", description="Bytes in standard base64 with padding.", serialize=str, parse_value=str
)


class HubSchema(Schema):
    """Strawberry's schema without its logging: it logs messages, which may hold payload. endpoint.py logs what failed where."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Leave errors to the endpoint."""


schema = HubSchema(
    query=Query,
    mutation=Mutation,
    types=[Incident, Finding, Mitigation, Tombstone],
    extensions=[ParserCache, limits.Guard],
    config=StrawberryConfig(scalar_map={Base64: _BASE64}, disable_field_suggestions=True),
)

HEAD = """# The GraphQL schema of a Tocsin hub, printed from the code; a test compares. It only ever grows.
# Opaque: ids and cursors. Errors: extensions.code, one of the codes in errors.md. Null = not assessed, [] = assessed, none.

"""


def sdl() -> str:
    """The schema in its own language, as docs/reference/schema.graphql holds it."""
    return HEAD + schema.as_str() + "\n"
