"""The order in which numbers are read."""

from hypothesis import given
from hypothesis import strategies as st

from edge.order import Extent, reading_order


def at(left: float, down: float, width: float = 2.0) -> Extent:
    return Extent(left, left + width, down, down, 1.0)


def test_rows_are_read_from_the_top_and_each_from_the_left() -> None:
    assert reading_order([at(3, 2), at(3, 0.1), at(0, 2.1), at(0, 0)]) == [3, 1, 2, 0]


def test_a_row_goes_on_where_its_last_number_ends() -> None:
    downhill = [Extent(0, 3, 0.0, 0.6, 1.0), Extent(4, 7, 0.7, 1.3, 1.0), Extent(8, 11, 1.4, 2.0, 1.0)]
    below = Extent(0, 3, 1.5, 2.1, 1.0)
    assert reading_order([below, *downhill]) == [1, 2, 3, 0]


def test_a_small_number_beside_a_large_one_stands_in_its_row() -> None:
    large = Extent(0, 8, 0.0, 0.0, 4.0)
    assert reading_order([at(9, -1.5), large]) == [1, 0]


def test_a_table_with_empty_cells_is_read_row_by_row() -> None:
    left, right = [at(0, 2 * row) for row in range(6)], [at(4, 2 * row + 0.2) for row in (0, 2, 3, 5)]
    assert reading_order([*left, *right]) == [0, 6, 1, 2, 7, 3, 8, 4, 5, 9]


def test_columns_whose_rows_stand_between_each_other_are_read_one_after_the_other() -> None:
    left, right = [at(0, 1.6 * row) for row in range(4)], [at(4, 1.6 * row + 0.8) for row in range(4)]
    assert reading_order([*right, *left]) == [4, 5, 6, 7, 0, 1, 2, 3]


def test_two_numbers_a_little_off_are_no_columns() -> None:
    assert reading_order([at(0, 0), at(4, 0.8), at(0, 1.6), at(4, 2.4)]) == [0, 1, 2, 3]


def test_nothing_has_no_order() -> None:
    assert reading_order([]) == []


LENGTHS = st.integers(0, 20).map(float)


@given(st.lists(st.builds(Extent, LENGTHS, LENGTHS, LENGTHS, LENGTHS, st.just(1.0)), max_size=30))
def test_every_number_is_read_once(numbers: list[Extent]) -> None:
    assert sorted(reading_order(numbers)) == list(range(len(numbers)))
