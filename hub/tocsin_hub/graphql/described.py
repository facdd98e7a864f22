"""Fields with a description, typed: strawberry's own decorators are untyped as soon as they get an argument."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry

F = TypeVar("F", bound=Callable[..., Any])


def field(description: str) -> Callable[[F], F]:
    """`@strawberry.field(description=…)`."""
    return cast(Callable[[F], F], strawberry.field(description=description))


def mutation(description: str) -> Callable[[F], F]:
    """`@strawberry.mutation(description=…)`."""
    return cast(Callable[[F], F], strawberry.mutation(description=description))
