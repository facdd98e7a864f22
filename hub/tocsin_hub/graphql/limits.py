"""What one query may cost, judged before any of it runs: depth, aliases, and the number of nodes it could return.

    cost = sum over the fields of (first, or the number of ids, or 1 for anything else with a cost of its own) x their parents'

Strawberry's own limiters follow every fragment spread anew, so a chain of fragments that each spread the next one twice
makes them work for ever. Here each fragment is judged once, and the results are added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)
from strawberry.extensions import ValidationCache

from tocsin_hub.errors import HubError
from tocsin_hub.graphql.context import Context, Limits

MAX_FIRST = 100
TRENDS_COST = 100
FIXED_COST = {"trends": TRENDS_COST, "directory": 1, "codes": 100, "schemes": 20}


@dataclass(frozen=True, slots=True)
class Measure:
    """What a selection amounts to. Introspection counts as nothing: the schema is public and graphql-core bounds its depth."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0


class _Walk:
    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self.variables = variables
        self.known: dict[str, Measure] = {}

    def of(self, selection: SelectionSetNode | None) -> Measure:
        depth = aliases = cost = 0
        for node in () if selection is None else selection.selections:
            if isinstance(node, FieldNode):
                part = self._field(node)
            elif isinstance(node, InlineFragmentNode):
                part = self.of(node.selection_set)
            else:
                assert isinstance(node, FragmentSpreadNode)
                part = self._fragment(node.name.value)
            depth, aliases, cost = max(depth, part.depth), aliases + part.aliases, cost + part.cost
        return Measure(depth, aliases, cost)

    def _field(self, node: FieldNode) -> Measure:
        if node.name.value.startswith("__"):
            return Measure(aliases=int(node.alias is not None))
        below = self.of(node.selection_set)
        times = self._times(node)
        own = times if times is not None else FIXED_COST.get(node.name.value, 0)
        return Measure(
            1 + below.depth,
            int(node.alias is not None) + below.aliases,
            own + (1 if times is None else times) * below.cost,
        )

    def _fragment(self, name: str) -> Measure:
        if name not in self.known:
            self.known[name] = Measure()  # a cycle ends here; validation refuses it in a moment
            found = self.fragments.get(name)
            self.known[name] = self.of(found.selection_set) if found is not None else Measure()
        return self.known[name]

    def _times(self, node: FieldNode) -> int | None:
        """How often what lies below may appear: `first`, or the number of `ids`."""
        for argument in node.arguments or ():
            if argument.name.value == "first":
                value = argument.value
                if isinstance(value, VariableNode):
                    first = self.variables.get(value.name.value, MAX_FIRST)
                else:
                    first = int(value.value) if isinstance(value, IntValueNode) else MAX_FIRST
                if not isinstance(first, int) or not 1 <= first <= MAX_FIRST:
                    raise HubError("first-out-of-range", where=node.name.value)
                return first
            if argument.name.value == "ids":
                value = argument.value
                if isinstance(value, VariableNode):
                    given = self.variables.get(value.name.value)
                    return len(given) if isinstance(given, list) else 1
                return len(value.values) if isinstance(value, ListValueNode) else 1
        return None


def measure(document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any]) -> Measure:
    """What the operation to be run amounts to; the greatest of all if the name fits none."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    named = [node for node in operations if node.name is not None and node.name.value == operation_name]
    walk = _Walk(document, variables)
    found = [walk.of(node.selection_set) for node in named or operations]
    return Measure(
        depth=max((m.depth for m in found), default=0),
        aliases=max((m.aliases for m in found), default=0),
        cost=max((m.cost for m in found), default=0),
    )


def refusal(found: Measure, limits: Limits) -> HubError | None:
    """The limit that a query breaks, if any."""
    if found.depth > limits.max_depth:
        return HubError("query-too-deep")
    if found.aliases > limits.max_aliases:
        return HubError("query-too-large", where="aliases")
    return HubError("query-too-costly") if found.cost > limits.max_cost else None


class Guard(ValidationCache):
    """Judges a query before it is validated and run, then validates it (cached)."""

    def on_operation(self) -> Iterator[None]:
        context: Context = self.execution_context.context
        self.execution_context.parse_options["max_tokens"] = context.face.limits.max_tokens
        yield

    def on_validate(self) -> Iterator[None]:
        execution = self.execution_context
        context: Context = execution.context
        document = execution.graphql_document
        assert document is not None  # parsing has been
        try:
            found = measure(document, execution.operation_name, execution.variables or {})
            refused = refusal(found, context.face.limits)
        except HubError as error:
            refused = error
        except RecursionError:
            refused = HubError("query-too-deep")
        if refused is not None:
            execution.pre_execution_errors = [GraphQLError(refused.code, original_error=refused)]
            yield
            return
        context.cost = found.cost
        yield from super().on_validate()
