"""Make tests/data anew: logs by real writers, and what stock TensorBoard's reader finds in them.

    python scripts/golden/make.py --tensorflow PYTHON --torch PYTHON [--only torch,tf2]

Run by the repository's own Python (it has `tensorboard`). PYTHON of --tensorflow needs tensorflow-cpu, keras, clu
and jax; PYTHON of --torch needs torch, tensorboardX, soundfile, matplotlib, pytorch-lightning, transformers and
accelerate. The versions that were used are written to tests/data/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "tests" / "data"
sys.path.append(str(HERE.parent.parent / "tests" / "difference"))

WRITERS = {
    "torch": "torch",
    "tensorboardx": "torch",
    "lightning": "torch",
    "transformers": "torch",
    "tf1": "tensorflow",
    "tf2": "tensorflow",
    "keras": "tensorflow",
    "clu": "tensorflow",
}
HEAD = """# Golden logs

Each folder is a logdir written by a real writer, by `scripts/golden/write_<folder>.py`; `<folder>.json` is what
stock TensorBoard's own reader found in it then, with every sample kept (`tests/difference/stock_values.py`).
`scripts/golden/make.py` makes all of it anew. The tests in `tests/difference`, `tests/query` and `tests/store`
read it.

| folder | written with |
|---|---|
"""


def write(writer: str, python: str) -> str:
    """Run one writer's script and put its logs into tests/data; return the versions that it prints."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / writer
        folder.mkdir()
        environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        command = [python, str(HERE / f"write_{writer}.py"), writer]
        done = subprocess.run(command, cwd=scratch, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        for path in sorted(folder.rglob("*tfevents*")):
            path.rename(path.with_name(path.name.replace(f".{socket.gethostname()}", ".host")))
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        shutil.rmtree(DATA / writer, ignore_errors=True)
        shutil.copytree(folder, DATA / writer)
    return done.stdout.strip().splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tensorflow", default=sys.executable)
    parser.add_argument("--torch", default=sys.executable)
    parser.add_argument("--only", default=",".join(WRITERS))
    arguments = parser.parse_args()
    from stock_values import read_stock

    DATA.mkdir(exist_ok=True)
    readme = DATA / "README.md"
    known = readme.read_text(encoding="utf-8") if readme.exists() else ""
    versions = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", known, re.MULTILINE))
    for writer in arguments.only.split(","):
        versions[writer] = write(writer, getattr(arguments, WRITERS[writer]))
        expected = json.dumps(read_stock(DATA / writer), ensure_ascii=False, separators=(",", ":"))
        lines = expected.replace('"points":', '\n"points":')  # so that a change can be read
        (DATA / f"{writer}.json").write_text(lines + "\n", encoding="utf-8")
    rows = [f"| `{writer}` | {versions[writer]} |\n" for writer in WRITERS if writer in versions]
    readme.write_text(HEAD + "".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
