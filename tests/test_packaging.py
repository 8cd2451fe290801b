"""The package as a stranger gets it: an sdist that carries the built pages and installs without Node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.packaging


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean checkout of what git tracks here, uncommitted edits included."""
    folder = tmp_path_factory.mktemp("clone") / "epochal"
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, names)):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def sdist(clone: Path) -> Path:
    done = run(sys.executable, "-m", "build", "--sdist", "--no-isolation", cwd=clone)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (path,) = (clone / "dist").glob("epochal-*.tar.gz")
    return path


def without_node(tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has links to every tool of this machine except node and npm."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for tool in Path(folder).iterdir() if Path(folder).is_dir() else ():
            link = tools / tool.name
            if tool.name not in {"node", "nodejs", "npm", "npx", "corepack"} and not link.is_symlink():
                link.symlink_to(tool)
    return {**os.environ, "PATH": str(tools)}


def test_the_sdist_carries_the_pages_and_no_clutter(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert "src/epochal/server/static/index.html" in names
    assert "native/CMakeLists.txt" in names
    assert not [name for name in names if "node_modules" in name or name.startswith(("tests/", ".ci/"))]


def test_the_sdist_installs_and_runs_with_node_hidden(sdist: Path, tmp_path: Path) -> None:
    environment = without_node(tmp_path)
    assert shutil.which("node", path=environment["PATH"]) is None
    wheel = run(
        sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "-w", tmp_path, sdist,
        cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert wheel.returncode == 0, wheel.stdout[-3000:] + wheel.stderr[-3000:]
    (path,) = tmp_path.glob("epochal-*.whl")
    names = zipfile.ZipFile(path).namelist()
    assert "epochal/server/static/index.html" in names
    assert [name for name in names if name.startswith("epochal/_core.")]

    place = tmp_path / "venv"
    venv.create(place, with_pip=False, system_site_packages=False, symlinks=True)
    packages = next((place / "lib").glob("python*/site-packages"))
    zipfile.ZipFile(path).extractall(packages)
    # The dependencies come from this environment: what is tested is the wheel, not the registry.
    (packages / "dependencies.pth").write_text(
        str(Path(sys.prefix) / "lib" / packages.parent.name / "site-packages")
    )
    code = (
        "import epochal, epochal._core as core, pathlib;"
        "assert core.crc32c(b'123456789') == 0xE3069283;"
        "from epochal.server import assets;"
        "print(pathlib.Path(assets.__file__).parent / 'static' / 'index.html')"
    )
    done = run(place / "bin" / "python", "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_file()
    assert str(place) in done.stdout


def test_a_missing_node_is_one_clear_sentence(clone: Path, tmp_path: Path) -> None:
    shutil.rmtree(clone / "src/epochal/server/static", ignore_errors=True)
    done = run(
        sys.executable, "-m", "build", "--sdist", "--no-isolation", "-o", tmp_path, clone,
        cwd=tmp_path, env=without_node(tmp_path),
    )  # fmt: skip
    assert done.returncode != 0
    assert "built with Node.js 20.19 or newer, and none was found" in " ".join((done.stdout + done.stderr).split())


def test_a_missing_compiler_is_one_clear_sentence(clone: Path, tmp_path: Path) -> None:
    environment = without_node(tmp_path)
    for name in os.listdir(environment["PATH"]):
        if name.startswith(("c++", "g++", "gcc", "cc", "clang", "x86_64-linux-gnu-g", "c89", "c99")):
            (Path(environment["PATH"]) / name).unlink()
    environment.pop("CXX", None)
    done = run(
        sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-w", tmp_path, clone,
        cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert done.returncode != 0
    assert "no C++ compiler was found" in " ".join((done.stdout + done.stderr).split())
