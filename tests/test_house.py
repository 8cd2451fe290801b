"""What the house promises as a whole: cheap imports, one stem per feature, no forbidden packages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

HEAVY = {
    "numpy",
    "PIL",
    "starlette",
    "uvicorn",
    "msgspec",
    "torch",
    "tensorflow",
    "jax",
    "matplotlib",
    "click",
}


def loaded_after(statement: str) -> set[str]:
    """Top-level names of all modules that a fresh interpreter has loaded after a statement."""
    report = "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    code = f"import json, sys\n{statement}\n{report}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_loads_nothing_heavy() -> None:
    assert not loaded_after("import epochal") & HEAVY


def test_a_writer_of_scalars_loads_nothing_heavy(tmp_path: Path) -> None:
    statement = (
        f"import epochal; w = epochal.SummaryWriter({str(tmp_path / 'run')!r}); "
        "w.add_scalar('loss', 1.0, 0); w.close()"
    )
    assert not loaded_after(statement) & HEAVY


def test_the_writer_never_loads_the_server() -> None:
    assert not loaded_after("import epochal; epochal.SummaryWriter") & {"starlette", "uvicorn", "watchfiles"}


def test_public_names_exist() -> None:
    import epochal

    assert set(epochal.__all__) <= set(dir(epochal))
    for name in epochal.__all__:
        assert getattr(epochal, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    import epochal

    with pytest.raises(AttributeError, match="no_such_name"):
        _ = epochal.no_such_name  # type: ignore[attr-defined]


@pytest.mark.parametrize("stem", ["scalars", "images", "text", "histograms"])
def test_one_stem_names_a_feature_at_every_layer(stem: str) -> None:
    homes = [
        ROOT / "src/epochal/summaries" / f"{stem}.py",
        ROOT / "src/epochal/query" / f"{stem}.py",
        ROOT / "web/src/plugins" / stem / "index.ts",
        ROOT / "docs/plugins" / f"{stem}.md",
    ]
    assert [str(home) for home in homes if not home.exists()] == []
