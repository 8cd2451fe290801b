"""How a logdir and a run look in a notebook: plain tables, no scripts, no styles that fight a theme."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from epochal.store.names import text_of_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from epochal.reading.logdir import Logdir
    from epochal.reading.run import Run

MAX_ROWS = 50


def draw_logdir(logdir: Logdir) -> str:
    """The path and the runs' names; reads nothing."""
    names, path = list(logdir.runs), text_of_path(logdir.address)
    if not names:
        return f"<b>{html.escape(path)}</b>: no event files"
    title = f"{path}: {len(names):,} {'run' if len(names) == 1 else 'runs'}"
    return _draw_table(title, ("run",), [(name,) for name in names[:MAX_ROWS]], len(names))


def draw_run(run: Run) -> str:
    """The run's tags, their kinds and how many points they have."""
    tags = list(run.tags.values())
    rows = [(tag.name, tag.plugin_name, f"{tag.points:,}") for tag in tags[:MAX_ROWS]]
    return _draw_table(run.name, ("tag", "plugin", "points"), rows, len(tags))


def _draw_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], total: int) -> str:
    lines = [_draw_row(row, "td") for row in rows]
    if total > len(rows):
        lines.append(f'<tr><td colspan="{len(head)}">… {total - len(rows):,} more</td></tr>')
    body = "".join(lines)
    return f"<b>{html.escape(title)}</b><table><thead>{_draw_row(head, 'th')}</thead><tbody>{body}</tbody></table>"


def _draw_row(cells: Sequence[str], kind: str) -> str:
    return "<tr>" + "".join(f"<{kind}>{html.escape(cell)}</{kind}>" for cell in cells) + "</tr>"
