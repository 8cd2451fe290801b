"""Scalars of many runs and tags as one table, built column by column."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from epochal.reading.scalars import Scalars, make_scalars
from epochal.store.names import natural_key

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow
    from numpy.typing import NDArray

    from epochal.reading.logdir import Logdir

    Pattern = str | re.Pattern[str] | None


class Table(NamedTuple):
    """Columns of n rows. run_code and tag_code (int32[n]) count in `runs` and `tags`, which are in natural order.

    step int64[n], wall_time float64[n], value float64[n], lane uint16[n]; superseded bool[n] if asked for.
    """

    runs: list[str]
    tags: list[str]
    run_code: NDArray[np.int32]
    tag_code: NDArray[np.int32]
    columns: dict[str, NDArray[Any]]


def iter_scalars(
    logdir: Logdir, runs: Pattern, tags: Pattern, superseded: bool
) -> Iterator[tuple[str, str, Scalars]]:
    """(run, tag, points) of the matching scalar tags, runs and then tags in natural order."""
    wants_run, wants_tag = _compile(runs, "runs"), _compile(tags, "tags")

    def iterate() -> Iterator[tuple[str, str, Scalars]]:
        names = list(filter(wants_run.search, logdir.runs))
        for number, name in enumerate(names, 1):
            found = logdir.load_run(name, names[number : number + 1000]).by_stem.get("scalars", {})
            for tag in sorted(filter(wants_tag.search, found), key=natural_key):
                yield name, tag, make_scalars(found[tag].scalars(), superseded)

    return iterate()  # so that a bad pattern raises at the call


def load_table(logdir: Logdir, runs: Pattern, tags: Pattern, superseded: bool) -> Table:
    """All matching points. ValueError for a bad regular expression."""
    found = list(iter_scalars(logdir, runs, tags, superseded))
    run_names = list(dict.fromkeys(run for run, _, _ in found))
    tag_names = sorted({tag for _, tag, _ in found}, key=natural_key)
    counts = [len(points) for _, _, points in found]
    run_of, tag_of = ({name: code for code, name in enumerate(names)} for names in (run_names, tag_names))
    names = ["step", "wall_time", "value", "lane", *(["superseded"] if superseded else [])]
    dtypes = (np.int64, np.float64, np.float64, np.uint16, np.bool_)
    columns = {
        name: _join([getattr(points, name) for _, _, points in found], dtype)
        for name, dtype in zip(names, dtypes, strict=False)
    }
    return Table(
        run_names,
        tag_names,
        np.repeat(np.array([run_of[run] for run, _, _ in found], np.int32), counts),
        np.repeat(np.array([tag_of[tag] for _, tag, _ in found], np.int32), counts),
        columns,
    )


def make_pandas(logdir: Logdir, runs: Pattern, tags: Pattern, superseded: bool) -> pandas.DataFrame:
    """See `Logdir.to_pandas`."""
    pd = _import("pandas", "to_pandas")
    table = load_table(logdir, runs, tags, superseded)
    frame: pandas.DataFrame = pd.DataFrame(
        {
            "run": pd.Categorical.from_codes(table.run_code, categories=table.runs),
            "tag": pd.Categorical.from_codes(table.tag_code, categories=table.tags),
            **table.columns,
        },
        copy=False,
    )
    return frame


def make_arrow(logdir: Logdir, runs: Pattern, tags: Pattern, superseded: bool) -> pyarrow.Table:
    """See `Logdir.to_arrow`."""
    pa = _import("pyarrow", "to_arrow")
    table = load_table(logdir, runs, tags, superseded)
    columns = {
        "run": pa.DictionaryArray.from_arrays(table.run_code, pa.array(table.runs, pa.string())),
        "tag": pa.DictionaryArray.from_arrays(table.tag_code, pa.array(table.tags, pa.string())),
        **{name: pa.array(column) for name, column in table.columns.items()},
    }
    made: pyarrow.Table = pa.table(columns)
    return made


def make_polars(logdir: Logdir, runs: Pattern, tags: Pattern, superseded: bool) -> polars.DataFrame:
    """See `Logdir.to_polars`."""
    pl = _import("polars", "to_polars")
    table = load_table(logdir, runs, tags, superseded)

    def categorical(names: list[str], codes: NDArray[np.int32]) -> polars.Series:
        made: polars.Series = pl.Series(names, dtype=pl.Categorical).gather(codes)
        return made

    frame: polars.DataFrame = pl.DataFrame(
        {
            "run": categorical(table.runs, table.run_code),
            "tag": categorical(table.tags, table.tag_code),
            **table.columns,
        }
    )
    return frame


def _compile(pattern: Pattern, what: str) -> re.Pattern[str]:
    try:
        return re.compile("" if pattern is None else pattern)
    except re.error as error:
        raise ValueError(f"{what}={pattern!r} is not a regular expression: {error}.") from None


def _join(columns: list[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(columns) if columns else np.empty(0, dtype)


def _import(name: str, method: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise  # it is there, but something that it needs is not
        message = f"{method}() needs {name}, which is not installed: pip install {name}"
        raise ImportError(message, name=name) from None
