"""Tables in and out: Excel (.xlsx, .xlsm) and text (.csv, .tsv, .txt), row by row, in bounded memory.

No ORM, no clock, no business: callers say which columns they know (``Column``) and get typed values with the
reasons, in words, why a row cannot stand. openpyxl keeps every shared string and a record per styled row in
memory, so reading goes through a small streaming parser (``xlsx.py``); writing goes through XlsxWriter.
"""

from mulin.kernel.tables.cells import CellError, Column, Kind, Raw, clean, convert
from mulin.kernel.tables.reading import Row, Table, open_table
from mulin.kernel.tables.writing import write_csv, write_refused, write_table, write_template

__all__ = [
    "CellError",
    "Column",
    "Kind",
    "Raw",
    "Row",
    "Table",
    "clean",
    "convert",
    "open_table",
    "write_csv",
    "write_refused",
    "write_table",
    "write_template",
]
