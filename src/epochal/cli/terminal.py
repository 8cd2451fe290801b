"""What the terminal can show: its width, colour, block characters; and tables that fit into it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from epochal.cli.messages import printable

#: A name is cut down to so many cells, and no further.
MIN_NAME_CELLS = 12
#: In a file or a pipe: a name of a million characters is no reason to pad ten thousand lines to that.
_MOST_PADDED_CELLS = 120


def terminal_width() -> int | None:
    """Columns of the terminal that standard output goes to; None for files and pipes, which have no width."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def has_colour() -> bool:
    """Whether standard output is a terminal whose user did not ask for plain text (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def dim(text: str) -> str:
    """Text that steps back."""
    return f"\033[2m{text}\033[0m" if has_colour() else text


def bold(text: str) -> str:
    """Text that steps forward."""
    return f"\033[1m{text}\033[0m" if has_colour() else text


def red(text: str) -> str:
    """Text that says that something is wrong."""
    return f"\033[31m{text}\033[0m" if has_colour() else text


def can_show(text: str) -> bool:
    """Whether standard output's encoding has these characters."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def format_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], align: str, *, width: int | None = None
) -> list[str]:
    """Lines of a table; columns that are empty everywhere are left out. `align`: < or > for each column.

    Wide characters count as two cells. Of a table wider than `width`, the widest left-aligned columns are cut, in
    the middle of each text, where names differ least. Without a `width` nothing is cut, and a text of very many
    cells moves the rest of its own line only.
    """
    shown = [column for column in range(len(head)) if any(row[column] for row in rows)]
    cells = [[printable(row[column]) for column in shown] for row in [head, *rows]]
    widths = [max(cell_len(row[place]) for row in cells) for place in range(len(shown))]
    if width is None:
        widths = [min(cells_wide, _MOST_PADDED_CELLS) for cells_wide in widths]
    else:
        _narrow(widths, [align[column] == "<" for column in shown], width)
        cells = [[shorten(text, most) for text, most in zip(row, widths, strict=True)] for row in cells]
    lines = []
    for row in cells:
        padded = [
            _pad(text, width_cells, align[column])
            for text, column, width_cells in zip(row, shown, widths, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    lines[0] = dim(lines[0])
    return lines


def _narrow(widths: list[int], may_cut: list[bool], width: int) -> None:
    while (excess := sum(widths) + 2 * (len(widths) - 1) - width) > 0:
        able = [place for place, may in enumerate(may_cut) if may and widths[place] > MIN_NAME_CELLS]
        if not able:
            return
        able.sort(key=lambda place: -widths[place])
        second = widths[able[1]] if len(able) > 1 else MIN_NAME_CELLS
        widths[able[0]] -= min(excess, max(1, widths[able[0]] - max(second, MIN_NAME_CELLS)))


def _pad(text: str, cells: int, align: str) -> str:
    gap = " " * (cells - cell_len(text))
    return text + gap if align == "<" else gap + text


def shorten(text: str, cells: int) -> str:
    """Text in at most so many cells: of a longer one the beginning and the end."""
    if cell_len(text) <= cells:
        return text
    if cells < 3:
        return set_cell_size(text, max(0, cells)).rstrip()
    tail = (cells - 1) // 2
    end = text
    while cell_len(end) > tail:
        end = end[1:] if len(end) <= 2 * tail else end[-2 * tail :]
    return set_cell_size(text, cells - 1 - tail).rstrip() + ("…" if can_show("…") else "~") + end


def format_bytes(size: int) -> str:
    """`812 B`, `3.4 MB`: decimal units, as disks are sold and `ls --si` counts."""
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in ("kB", "MB", "GB", "TB", "PB"):
        value /= 1000
        if value < 999.5 or unit == "PB":
            break
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"


def format_steps(first: int | None, last: int | None) -> str:
    """`0–1,000`, or one step; empty without any."""
    if first is None or last is None:
        return ""
    return f"{first:,}" if first == last else f"{first:,}{'–' if can_show('–') else '-'}{last:,}"
