"""Packs for batch calls."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws.packing import in_packs


def packs(sizes: list[int], most_entries: int = 3, most_bytes: int = 10) -> list[list[int]]:
    return list(in_packs(sizes, lambda size: size, most_entries=most_entries, most_bytes=most_bytes))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([1], [[1]]),
        ([1, 1, 1, 1], [[1, 1, 1], [1]]),
        ([5, 5, 5], [[5, 5], [5]]),
        ([5, 6], [[5], [6]]),
        ([99], [[99]]),
        ([1, 99, 1], [[1], [99], [1]]),
        ([0, 0, 0, 10], [[0, 0, 0], [10]]),
    ],
)
def test_a_pack_is_full_at_either_limit_and_what_is_too_large_goes_alone(
    sizes: list[int], expected: list[list[int]]
) -> None:
    assert packs(sizes) == expected


@given(st.lists(st.integers(0, 15), max_size=40), st.integers(1, 10), st.integers(1, 20))
def test_packs_hold_all_entries_in_order_within_both_limits_and_no_two_neighbours_fit_into_one(
    sizes: list[int], most_entries: int, most_bytes: int
) -> None:
    made = packs(sizes, most_entries, most_bytes)
    assert [size for pack in made for size in pack] == sizes
    for pack in made:
        assert 1 <= len(pack) <= most_entries
        assert sum(pack) <= most_bytes or len(pack) == 1
    for pack, following in pairwise(made):
        assert len(pack) == most_entries or sum(pack) + following[0] > most_bytes
