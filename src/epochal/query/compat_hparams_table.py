"""The table of hyperparameters and metrics to download (tensorboard/plugins/hparams/download_data.py)."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from epochal.query.compat_hparams import CompatExperiment
    from epochal.query.compat_hparams_groups import SessionGroup
    from epochal.query.hparams import JsonHparam


class HparamsTable(NamedTuple):
    """A row for each group of sessions. A hyperparameter that it lacks is "", a metric None."""

    header: list[str]
    rows: list[list[JsonHparam]]


def make_table(experiment: CompatExperiment, groups: list[SessionGroup], visible: list[bool]) -> HparamsTable:
    """Hyperparameters, then metrics, of which `visible` says which are there."""
    header = [info.display_name or info.name for info in experiment.hparam_infos]
    header += [info.display_name or info.name.tag for info in experiment.metric_infos]
    rows = []
    for group in groups:
        row: list[JsonHparam] = []
        for info in experiment.hparam_infos:
            value = group.hparams.get(info.name)
            row.append("" if value is None else value)
        values = {value.name: value.value for value in group.metric_values}
        for metric in experiment.metric_infos:
            number = values.get(metric.name)
            row.append(None if number is None else float(number))
        rows.append([value for value, shown in zip(row, visible, strict=False) if shown])
    return HparamsTable([name for name, shown in zip(header, visible, strict=False) if shown], rows)


def format_csv(table: HparamsTable) -> str:
    """The table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return text.getvalue()


def format_latex(table: HparamsTable) -> str:
    """The table as LaTeX."""
    lines = [_format_row(list(table.header)) + " \\hline\n", *(_format_row(row) + "\n" for row in table.rows)]
    columns = "l" * len(table.header)
    return (
        f"\\begin{{table}}[tbp]\n\\begin{{tabular}}{{{columns}}}\n{''.join(lines)}"
        "\\hline\n\\end{tabular}\n\\end{table}\n"
    )


def _format_row(cells: list[JsonHparam]) -> str:
    return " & ".join(map(_format_cell, cells)) + " \\\\"


def _format_cell(value: JsonHparam) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return value.replace("_", "\\_").replace("%", "\\%")
    if isinstance(value, bool):
        return f"${value:d}$"
    if math.isnan(value):
        return r"$\mathrm{NaN}$"
    if math.isinf(value):
        return rf"${'-' if value < 0 else '+'}\infty$"
    short = f"{value:.3g}"
    if "e" in short:
        digits, exponent = short.split("e")
        return f"${digits}\\cdot 10^{{{int(exponent)}}}$"
    return f"${short}$"
