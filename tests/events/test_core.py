"""Which core is taken, what importing it loads, and that its stub is fresh."""

from __future__ import annotations

import os
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import epochal
from epochal import _core
from epochal.events import core, reference


def run_python(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip() + result.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize("name", ["native", "reference"])
def test_choice_by_environment(name: str) -> None:
    code = "from epochal.events import core; print(core.implementation, core.EventDecoder.__module__)"
    module = {"native": "epochal._core", "reference": "epochal.events.reference_decoder"}[name]
    assert run_python(code, EPOCHAL_CORE=name) == f"{name} {module}"


def test_unknown_choice_is_an_error() -> None:
    assert "EPOCHAL_CORE must be" in run_python("import epochal.events.core", EPOCHAL_CORE="gpu")


@pytest.mark.parametrize("name", ["native", "reference"])
def test_the_writers_path_loads_no_numpy(name: str) -> None:
    code = (
        "import sys; from epochal.events import core, event_file, filesystem, messages; "
        "buffer = core.RecordBuffer(); buffer.append_scalar('t', 1.0, 1, 1.0); buffer.take(100); "
        "core.EventDecoder().decode_bytes(b''); print('numpy' in sys.modules)"
    )
    assert run_python(code, EPOCHAL_CORE=name) == "False"


def test_both_cores_have_the_same_names() -> None:
    assert set(reference.__all__) == set(core.__all__) - {"implementation"}
    for name in reference.__all__:
        theirs, ours = getattr(_core, name), getattr(reference, name)
        if isinstance(ours, type):
            public = {attribute for attribute in vars(ours) if not attribute.startswith("_")}
            assert public <= {
                attribute for attribute in dir(theirs) if not attribute.startswith("_")
            } | instance_names(ours)


def instance_names(cls: type) -> set[str]:
    return set(typing.get_type_hints(cls)) if not hasattr(cls, "decode") else set()


def test_stub_is_fresh(tmp_path: Path) -> None:
    """The committed stub is what nanobind makes of the module; `make gen` writes it anew."""
    path = tmp_path / "_core.pyi"
    stubgen = [sys.executable, "-m", "nanobind.stubgen", "-m", "epochal._core", "-o", str(path)]
    subprocess.run(stubgen, check=True, capture_output=True)
    committed = Path(epochal.__file__).with_name("_core.pyi")
    assert path.read_text() == committed.read_text()
