"""The arithmetic of a trend table: which cells each record belongs to, and how many distinct authors each cell has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DENSE_LIMIT = 32_000_000  # cells times places on the author axis, in bytes; beyond it, distinct authors by sorting


@dataclass(frozen=True, slots=True)
class Axis:
    """The values of one dimension: at these positions (ascending, repeated if `many`-valued) stands this key number."""

    positions: NDArray[Any]
    numbers: NDArray[Any]
    keys: list[str]
    many: bool


def cross(axes: list[Axis], n_rows: int) -> tuple[NDArray[Any], NDArray[Any], tuple[int, ...]]:
    """(position, cell) of every record in every cell it belongs to, once each, and the table's shape."""
    if len(axes) == 1:
        return axes[0].positions, axes[0].numbers, (len(axes[0].keys),)
    left, right = axes
    shape = (len(left.keys), len(right.keys))
    if not right.many:
        positions, lefts, rights = _beside(left, right, n_rows)
    elif not left.many:
        positions, rights, lefts = _beside(right, left, n_rows)
    else:
        positions, lefts, rights = _each_with_each(left, right, n_rows)
    return positions, lefts.astype(np.int64) * shape[1] + rights, shape


def _beside(many: Axis, one: Axis, n_rows: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """(position, number in `many`, number in `one`) where both have a value; `one` has at most one per record."""
    at = np.full(n_rows, -1, dtype=np.int32)
    at[one.positions] = one.numbers
    beside = at[many.positions]
    both = beside >= 0
    return many.positions[both], many.numbers[both], beside[both]


def _each_with_each(left: Axis, right: Axis, n_rows: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """(position, number in `left`, number in `right`) for every pair of values of a record."""
    lengths = np.bincount(right.positions, minlength=n_rows)
    first = (np.cumsum(lengths) - lengths)[left.positions]
    times = lengths[left.positions]
    ends = np.cumsum(times)
    within = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - times, times)
    rights = right.numbers[np.repeat(first, times) + within]
    return np.repeat(left.positions, times), np.repeat(left.numbers, times), rights


def keys_of(axes: list[Axis], shape: tuple[int, ...], cell: int) -> tuple[str, ...]:
    if len(shape) == 1:
        return (axes[0].keys[cell],)
    return (axes[0].keys[cell // shape[1]], axes[1].keys[cell % shape[1]])


def distinct(
    axis: NDArray[Any], n_places: int, positions: NDArray[Any], cells: NDArray[Any], n_cells: int
) -> NDArray[Any]:
    """Distinct authors per cell: those with one row are as many as their rows; the others by a table of seen or not.

    `axis` and `n_places` are the columns' author axis (0 = an author with one row only); `positions` and `cells` from `cross`.
    """
    places = axis[positions]
    repeated = places > 0
    authors: NDArray[Any] = np.bincount(cells[~repeated], minlength=n_cells)
    keys = cells[repeated].astype(np.int64) * (n_places + 1) + places[repeated]
    if n_cells * (n_places + 1) <= DENSE_LIMIT:
        seen = np.zeros(n_cells * (n_places + 1), dtype=np.bool_)
        seen[keys] = True
        authors += seen.reshape(n_cells, n_places + 1).sum(axis=1)
    else:
        authors += np.bincount(np.unique(keys) // (n_places + 1), minlength=n_cells)
    return authors
