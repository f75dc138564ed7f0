"""CSV out: a cell written by itself is what the standard library writes."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from interviews.csv_files import csv_cell, csv_cells, csv_line, harmless

texts = st.text(
    st.sampled_from('ab",\n\r\t=+-@＝ 国') | st.characters(exclude_categories=["Cs"]), max_size=20
)


@given(st.lists(texts | st.integers(), min_size=2, max_size=5))
@example(["", ""])
@example(['"', "\r"])
def test_cells_that_are_joined_are_the_line_that_csv_writes(row):
    assert csv_cells(row) + "\r\n" == csv_line(row)
    assert next(csv.reader(io.StringIO(csv_line(row), newline=""))) == [str(harmless(cell)) for cell in row]


@given(texts)
def test_a_cell_alone_reads_back(text):
    assert next(csv.reader(io.StringIO(f"{csv_cell(text)},\r\n", newline=""))) == [harmless(text), ""]
