"""docs/parity.md names, for every control of TensorBoard's pages, a browser test that really exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "parity.md"
TESTS = ROOT / "tests" / "e2e"

# Section → the controls that TensorBoard 2.21 has there. A row may be reworded, none may be lost.
CONTROLS = {
    "Time Series: filter and views": 11,
    "Time Series: pinned cards": 5,
    "Time Series: cards": 5,
    "Time Series: the scalar card": 16,
    "Time Series: selected steps": 14,
    "Time Series: image and histogram cards": 9,
    "Time Series: settings pane": 13,
    "Time Series: runs": 13,
    "Both pages: the frame around them": 7,
    "Scalars (the older page)": 15,
    "Scalars (the older page): runs": 7,
}


def read_rows(text: str) -> dict[str, list[tuple[str, str, str]]]:
    """The tables of a page: section → its rows of three cells."""
    sections: dict[str, list[tuple[str, str, str]]] = {}
    rows: list[tuple[str, str, str]] = []
    for line in text.splitlines():
        if line.startswith("## "):
            rows = sections.setdefault(line[3:].strip(), [])
        elif line.startswith("|") and not line.startswith(("| TensorBoard |", "|---")):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            assert len(cells) == 3, f"not three cells: {line}"
            rows.append((cells[0], cells[1], cells[2]))
    return sections


def list_tests(source: str) -> dict[str, bool]:
    """Each test function of a module, and whether it always runs: not skipped, not left to the soak run."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marks = " ".join(ast.unparse(each) for each in node.decorator_list)
            found[node.name] = not re.search(r"\bmark\.(skip|xfail|soak)\b", marks)
    return found


def complaints(page: str, modules: Mapping[str, str]) -> list[str]:
    """What is wrong with a page of parity, given the sources of the browser tests by file name."""
    known = {name: list_tests(source) for name, source in modules.items()}
    found = []
    for section, rows in read_rows(page).items():
        for control, ours, cell in rows:
            where = f"{section}: {control}"
            named = re.findall(r"`([^`]*)`", cell)
            if not named:
                found.append(f"{where}: no test")
            if not ours:
                found.append(f"{where}: not said what is ours")
            for name in named:
                module, _, test = name.partition("::")
                if module not in known:
                    found.append(f"{where}: no file tests/e2e/{module}")
                elif test not in known[module]:
                    found.append(f"{where}: no test {name}")
                elif not known[module][test]:
                    found.append(f"{where}: {name} does not always run")
    return found


def test_every_control_has_a_browser_test() -> None:
    modules = {path.name: path.read_text(encoding="utf-8") for path in TESTS.glob("test_*.py")}
    assert complaints(PAGE.read_text(encoding="utf-8"), modules) == []


def test_no_control_is_left_out() -> None:
    counts = {section: len(rows) for section, rows in read_rows(PAGE.read_text(encoding="utf-8")).items()}
    assert counts == CONTROLS


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        ("", "S: zoom: no test"),
        ("test_a.py::test_zoom", "S: zoom: no test"),
        ("`test_a.py::test_gone`", "S: zoom: no test test_a.py::test_gone"),
        ("`test_a.py::helper`", "S: zoom: no test test_a.py::helper"),
        ("`../test_house.py::test_zoom`", "S: zoom: no file tests/e2e/../test_house.py"),
        ("`test_a.py::test_zoom` `test_a.py::test_off`", "S: zoom: test_a.py::test_off does not always run"),
    ],
)
def test_a_row_that_proves_nothing_is_found(cell: str, complaint: str) -> None:
    source = "def test_zoom(): ...\ndef helper(): ...\n@pytest.mark.skip\ndef test_off(): ...\n"
    page = f"## S\n\n| TensorBoard | Epochal | Test |\n|---|---|---|\n| zoom | ours | {cell} |\n"
    assert complaints(page, {"test_a.py": source}) == [complaint]


def test_a_row_that_names_a_test_is_fine() -> None:
    page = "## S\n| TensorBoard | Epochal | Test |\n|---|---|---|\n| zoom | ours | `test_a.py::test_zoom` |\n"
    assert complaints(page, {"test_a.py": "def test_zoom(): ...\n"}) == []
