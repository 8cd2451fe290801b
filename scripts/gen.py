"""Write every generated file, or with --check say which ones are stale.

openapi.json                 from the server's route table and the Structs of epochal.query
web/src/api/schema.gen.ts    from openapi.json
src/epochal/_core.pyi        from the native core
"""

from __future__ import annotations

import argparse
import difflib
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def make_openapi(_: Path) -> str:
    from epochal.server.openapi import make_openapi_json

    return make_openapi_json()


def make_schema(folder: Path) -> str:
    target = folder / "schema.gen.ts"
    openapi = folder / "openapi.json"
    openapi.write_text(make_openapi(folder), encoding="utf-8")
    subprocess.run(
        ["npx", "--no-install", "openapi-typescript", str(openapi), "-o", str(target)],
        cwd=ROOT / "web",
        check=True,
        capture_output=True,
    )
    return target.read_text(encoding="utf-8")


def make_stub(folder: Path) -> str:
    target = folder / "_core.pyi"
    subprocess.run(
        [sys.executable, "-m", "nanobind.stubgen", "-m", "epochal._core", "-o", str(target)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return target.read_text(encoding="utf-8")


GENERATORS = {
    "openapi.json": make_openapi,
    "web/src/api/schema.gen.ts": make_schema,
    "src/epochal/_core.pyi": make_stub,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is stale")
    check: bool = parser.parse_args().check
    stale = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, make in GENERATORS.items():
            path = ROOT / name
            fresh = make(Path(folder))
            current = path.read_text(encoding="utf-8") if path.exists() else ""
            if fresh == current:
                continue
            if not check:
                path.write_text(fresh, encoding="utf-8")
                print(f"wrote {name}")
                continue
            stale += 1
            print(f"{name} is not what its generator writes; run: make gen")
            diff = difflib.unified_diff(current.splitlines(), fresh.splitlines(), "committed", "generated", n=0)
            print("\n".join(list(diff)[:12]))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
