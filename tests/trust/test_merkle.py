"""The tree against a naive one written from the definition, for all small sizes, with what must not verify."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin_trust import errors, merkle, tiles

LEAVES = [merkle.leaf_hash(b"leaf %d" % i) for i in range(800)]
LARGEST = 70


def naive_root(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(hashes[:split]) + naive_root(hashes[split:])).digest()


def node(level: int, index: int) -> bytes:
    return merkle.root_of(LEAVES[index << level : (index + 1) << level])


ROOTS = [naive_root(LEAVES[:size]) for size in range(LARGEST + 1)]


def test_roots_are_those_of_the_definition() -> None:
    for size, root in enumerate(ROOTS):
        assert merkle.root_of(LEAVES[:size]) == root == merkle.root(size, node)


def test_every_leaf_of_every_small_tree_is_proven_and_nowhere_else() -> None:
    for size in range(1, LARGEST + 1):
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, node)
            merkle.verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])
            with pytest.raises(errors.ProofError):
                merkle.verify_inclusion((index + 1) % (size + 1), size, LEAVES[index], proof, ROOTS[size])


def test_every_small_tree_is_consistent_with_every_larger_one() -> None:
    for new in range(LARGEST + 1):
        for old in range(new + 1):
            proof = merkle.consistency_proof(old, new, node)
            merkle.verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)
            if 0 < old < new:
                with pytest.raises(errors.ProofError):
                    merkle.verify_consistency(old, new, ROOTS[old - 1], ROOTS[new], proof)


def spoilt(proof: list[bytes]) -> list[list[bytes]]:
    """Proofs that differ from `proof` in one thing."""
    extra = [[*proof, LEAVES[0]], [LEAVES[0], *proof], proof[:-1], proof[1:], [b"short", *proof[1:]], proof[::-1]]
    flipped = [[*proof[:i], bytes([step[0] ^ 8]) + step[1:], *proof[i + 1 :]] for i, step in enumerate(proof)]
    return [one for one in extra + flipped if one != proof]


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 8), (5, 8), (2, 3), (1, 5), (69, 70), (64, 70), (0, 70)])
def test_a_spoilt_inclusion_proof_does_not_verify(index: int, size: int) -> None:
    proof = merkle.inclusion_proof(index, size, node)
    for changed in spoilt(proof):
        with pytest.raises(errors.ProofError):
            merkle.verify_inclusion(index, size, LEAVES[index], changed, ROOTS[size])
    for leaf, root in [
        (LEAVES[index + 1], ROOTS[size]),
        (LEAVES[index], ROOTS[size - 1]),
        (b"x", ROOTS[size]),
        (LEAVES[index], b""),
    ]:
        with pytest.raises(errors.ProofError):
            merkle.verify_inclusion(index, size, leaf, proof, root)


@pytest.mark.parametrize(("old", "new"), [(1, 8), (6, 8), (2, 5), (6, 7), (64, 70), (4, 8), (69, 70)])
def test_a_spoilt_consistency_proof_does_not_verify(old: int, new: int) -> None:
    proof = merkle.consistency_proof(old, new, node)
    for changed in spoilt(proof):
        with pytest.raises(errors.ProofError):
            merkle.verify_consistency(old, new, ROOTS[old], ROOTS[new], changed)
    for a, b in [(ROOTS[new], ROOTS[old]), (ROOTS[old], ROOTS[old]), (ROOTS[new], ROOTS[new]), (b"", ROOTS[new])]:
        with pytest.raises(errors.ProofError):
            merkle.verify_consistency(old, new, a, b, proof)


def test_trees_of_one_size_are_consistent_only_if_they_are_one_tree() -> None:
    merkle.verify_consistency(5, 5, ROOTS[5], ROOTS[5], [])
    for old, new, a, b, proof in [
        (5, 5, ROOTS[5], ROOTS[4], []),
        (5, 5, ROOTS[5], ROOTS[5], [LEAVES[0]]),
        (0, 5, ROOTS[5], ROOTS[5], []),
        (0, 5, ROOTS[0], ROOTS[5], [LEAVES[0]]),
        (5, 4, ROOTS[5], ROOTS[4], []),
        (1, 2, ROOTS[1], ROOTS[2], []),
    ]:
        with pytest.raises(errors.ProofError):
            merkle.verify_consistency(old, new, a, b, proof)


@pytest.mark.parametrize("size", [2**63, 2**64, 2**100, -1])
def test_sizes_from_2_to_the_63_are_refused(size: int) -> None:
    for check in (
        lambda: merkle.root(size, node),
        lambda: merkle.inclusion_proof(0, size, node),
        lambda: merkle.verify_inclusion(0, size, LEAVES[0], [], LEAVES[0]),
        lambda: merkle.consistency_proof(1, size, node),
        lambda: merkle.verify_consistency(1, size, LEAVES[0], LEAVES[0], []),
        lambda: tiles.grow(size, [], []),
    ):
        with pytest.raises(errors.ProofError):
            check()


@pytest.mark.parametrize(
    ("index", "size"), [(0, 0), (1, 1), (5, 5), (6, 5), (-1, 5), (2**63, 2**63 - 1), (True, 5), (0, 5.0)]
)
def test_an_index_lies_inside_its_tree(index: int, size: int) -> None:
    for check in (
        lambda: merkle.inclusion_proof(index, size, node),
        lambda: merkle.verify_inclusion(index, size, LEAVES[0], [], LEAVES[0]),
    ):
        with pytest.raises(errors.ProofError):
            check()


def test_the_largest_tree_has_proofs_that_verify() -> None:
    """A tree of 2^63 - 1 equal leaves: each level has one hash, so its nodes need no storage."""
    level_hash = [merkle.leaf_hash(b"")]
    for _ in range(63):
        level_hash.append(merkle.node_hash(level_hash[-1], level_hash[-1]))

    def same(level: int, index: int) -> bytes:
        return level_hash[level]

    size = 2**63 - 1
    root = merkle.root(size, same)
    for index in (0, 1, 2**62 - 1, 2**62, size - 1):
        proof = merkle.inclusion_proof(index, size, same)
        assert len(proof) <= 63
        merkle.verify_inclusion(index, size, level_hash[0], proof, root)
        with pytest.raises(errors.ProofError):
            merkle.verify_inclusion(index, size, level_hash[0], [*proof, root], root)
    for old in (1, 2**40 + 1, 2**62, size - 1):
        proof = merkle.consistency_proof(old, size, same)
        merkle.verify_consistency(old, size, merkle.root(old, same), root, proof)
        with pytest.raises(errors.ProofError):
            merkle.verify_consistency(old, size, root, root, proof)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=5).filter(lambda steps: sum(steps) <= len(LEAVES)))
def test_growing_by_any_steps_gives_the_same_tree(steps: list[int]) -> None:
    size, edge = 0, []  # type: ignore[var-annotated]
    stored: dict[tuple[int, int], bytes] = {}
    for step in steps:
        growth = tiles.grow(size, edge, LEAVES[size : size + step])
        stored |= {(level, n): data for level, n, data in growth.full_tiles}
        size, edge = growth.new_size, growth.new_edge
        assert growth.new_root == merkle.root_of(LEAVES[:size]) == tiles.edge_root(edge)

    def read(level: int, start: int, count: int) -> list[bytes]:
        if level == 0:
            return LEAVES[start : start + count]
        return [tiles.node_of(stored[level - 1, n], 0, tiles.TILE_WIDTH) for n in range(start, start + count)]

    assert tiles.edge_from(size, read) == edge
    assert len(stored) == size // tiles.TILE_WIDTH + size // tiles.TILE_WIDTH**2


def test_growing_fills_tiles_of_the_second_level() -> None:
    hashes = [LEAVES[i % 800] for i in range(70_000)]
    growth = tiles.grow(0, [], hashes)
    assert growth.new_root == merkle.root_of(hashes)
    assert [len(tile) for tile in growth.new_edge] == [112, 17, 1]  # the example of c2sp.org/tlog-tiles
    assert sum(level == 0 for level, _, _ in growth.full_tiles) == 273
    assert [(level, n) for level, n, _ in growth.full_tiles if level] == [(1, 0)]
    again = tiles.grow(growth.new_size, growth.new_edge, hashes[:1])
    assert again.new_root == merkle.root_of([*hashes, hashes[0]])


def test_an_edge_of_another_size_is_refused() -> None:
    edge = tiles.grow(0, [], LEAVES[:300]).new_edge
    for size, wrong in [(299, edge), (300, []), (300, [edge[0]]), (0, edge), (300, [*edge, []])]:
        with pytest.raises(errors.ProofError):
            tiles.grow(size, wrong, [])
    with pytest.raises(errors.ProofError):
        tiles.edge_from(300, lambda level, start, count: [])


@pytest.mark.parametrize(
    ("level", "index", "place"),
    [
        (0, 0, (0, 0, 0, 1)),
        (0, 257, (0, 1, 1, 1)),
        (3, 33, (0, 1, 8, 8)),
        (7, 1, (0, 0, 128, 128)),
        (8, 5, (1, 0, 5, 1)),
        (17, 3, (2, 0, 6, 2)),
    ],
)
def test_a_node_lies_where_c2sp_says(level: int, index: int, place: tuple[int, int, int, int]) -> None:
    assert tiles.tile_of(level, index) == place


def test_a_node_is_read_from_its_tile() -> None:
    tile = b"".join(LEAVES[256:512])
    level, n, offset, span = tiles.tile_of(5, 9)
    assert (level, n) == (0, 1)
    assert tiles.node_of(tile, offset, span) == node(5, 9)
    with pytest.raises(errors.ProofError):
        tiles.node_of(tile[:-32], 128, 128)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ((0, 0), "tile/0/000"),
        ((0, 1_234_067), "tile/0/x001/x234/067"),
        ((1, 0, 5), "tile/1/000.p/5"),
        ((2, 1000), "tile/2/x001/000"),
    ],
)
def test_a_tile_has_its_published_path(arguments: tuple[int, ...], path: str) -> None:
    assert tiles.path(*arguments) == path
