"""Batches of columns as CSV, JSON lines or Parquet, written as they come."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol

import msgspec
import numpy as np

from epochal.cli.export_columns import Batch, Cells, Column
from epochal.errors import EpochalError

if TYPE_CHECKING:
    from numpy.typing import NDArray

TableFormat = Literal["csv", "jsonl", "parquet"]

#: Rows of a Parquet row group: so many that compression pays, so few that memory stays flat.
_GROUP_CELLS = 1 << 22


class MissingLibraryError(EpochalError):
    """A format needs a library that is not installed."""


class TableWriter(Protocol):
    """Writes batches to a stream; what is complete when the block is left."""

    def write(self, batch: Batch) -> None: ...

    def __enter__(self) -> TableWriter: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_table_writer(form: TableFormat, stream: BinaryIO, columns: list[Column]) -> TableWriter:
    """The writer for a format. MissingLibraryError for Parquet without pyarrow."""
    if form == "parquet":
        return _ParquetWriter(stream, columns)
    return _CsvWriter(stream, columns) if form == "csv" else _JsonLinesWriter(stream, columns)


class _TextWriter:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class _CsvWriter(_TextWriter):
    """RFC 4180, UTF-8, line feeds; numbers as Python's repr, which reads back exactly. A hole is empty."""

    def __init__(self, stream: BinaryIO, columns: list[Column]) -> None:
        super().__init__(stream)
        stream.write((",".join(quote_csv(column.name) for column in columns) + "\n").encode())

    def write(self, batch: Batch) -> None:
        texts = [_format_column(column, quote_csv, repr) for column in batch.columns]
        lines = map(",".join, zip(*texts, strict=False))
        self._stream.write(("\n".join(lines) + "\n").encode())


class _JsonLinesWriter(_TextWriter):
    """An object a line. What is not finite is "NaN", "Infinity" or "-Infinity". Holes are left out."""

    def __init__(self, stream: BinaryIO, columns: list[Column]) -> None:
        super().__init__(stream)
        self._keys = [quote_json(column.name) + ": " for column in columns]

    def write(self, batch: Batch) -> None:
        fields: list[Iterable[str]] = []
        has_holes = False
        for key, column in zip(self._keys, batch.columns, strict=True):
            texts = _format_column(column, quote_json, _format_json_number)
            if isinstance(column, Cells):
                has_holes = True
                fields.append([key + text if text else "" for text in texts])
            elif isinstance(column, str):
                fields.append(repeat(key + quote_json(column)))
            else:
                fields.append([key + text for text in texts])
        rows: Iterable[Iterable[str]] = zip(*fields, strict=False)
        if has_holes:
            rows = (filter(None, row) for row in rows)
        self._stream.write("".join(f"{{{', '.join(row)}}}\n" for row in rows).encode())


def _format_column(
    column: NDArray[Any] | Cells | str, quote: Callable[[str], str], number: Callable[[float], str]
) -> Iterable[str]:
    if isinstance(column, str):
        return repeat(quote(column))
    if isinstance(column, Cells):
        texts = map(number, column.values.tolist())
        return [text if there else "" for text, there in zip(texts, column.present.tolist(), strict=True)]
    if column.dtype == np.bool_:
        return ["true" if value else "false" for value in column.tolist()]
    return list(map(number if column.dtype.kind == "f" else str, column.tolist()))


def quote_csv(text: str) -> str:
    """A field as RFC 4180 has it."""
    if text and not any(c in text for c in ',"\r\n'):
        return text
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([text])
    return out.getvalue()


def quote_json(text: str) -> str:
    """A string as JSON has it."""
    return msgspec.json.encode(text).decode()


def _format_json_number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return '"NaN"' if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'


class _ParquetWriter:
    """Parquet with zstd; run and tag as dictionaries; NaN stays NaN, a hole is null."""

    def __init__(self, stream: BinaryIO, columns: list[Column]) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ModuleNotFoundError as error:
            if error.name is None or not error.name.startswith("pyarrow"):
                raise  # it is there, but something that it needs is not
            text = "Parquet needs pyarrow, which is not installed: pip install 'epochal[parquet]'"
            raise MissingLibraryError(text) from None
        self._arrow = pyarrow
        text_type = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
        types = {"text": text_type, "bool": pyarrow.bool_()}
        fields = []
        for column in columns:
            kind = "float64" if column.is_optional else column.kind
            kind_type = types.get(kind) or pyarrow.from_numpy_dtype(np.dtype(kind))
            fields.append(pyarrow.field(column.name, kind_type, nullable=column.is_optional))
        self._schema = pyarrow.schema(fields)
        self._writer = pyarrow.parquet.ParquetWriter(stream, self._schema, compression="zstd")
        self._waiting: list[Batch] = []
        self._cells = 0

    def write(self, batch: Batch) -> None:
        self._waiting.append(batch)
        self._cells += batch.rows * len(batch.columns)
        if self._cells >= _GROUP_CELLS:
            self._flush()

    def _flush(self) -> None:
        """One row group. Its columns are joined before they become Arrow's: a hundred thousand tags of few points
        each would be as many tables otherwise."""
        if self._waiting:
            rows = [batch.rows for batch in self._waiting]
            columns = [
                self._join(pieces, rows)
                for pieces in zip(*(batch.columns for batch in self._waiting), strict=True)
            ]
            self._waiting, self._cells = [], 0
            self._writer.write_table(self._arrow.Table.from_arrays(columns, schema=self._schema))

    def _join(self, pieces: Sequence[NDArray[Any] | Cells | str], rows: list[int]) -> Any:
        arrow = self._arrow
        if isinstance(pieces[0], str):
            numbers = {text: number for number, text in enumerate(dict.fromkeys(pieces))}
            codes = np.repeat(np.array([numbers[text] for text in pieces], np.int32), rows)
            return arrow.DictionaryArray.from_arrays(codes, arrow.array(list(numbers), arrow.string()))
        if isinstance(pieces[0], Cells):
            values, present = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
            return arrow.array(values, mask=~present)
        return arrow.array(np.concatenate(pieces))

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
        self._writer.close()
