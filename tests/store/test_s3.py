"""A logdir in an S3 bucket, of a real server: by Python, by the commands, by a server that follows."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from remote_stores import s3_environment, serve_s3
from store_follow import has_steps, until
from store_logs import scalar_record

import epochal
from epochal.store.reloader import Reloader

s3fs = pytest.importorskip("s3fs")

numbers = itertools.count()

GOLDEN = Path(__file__).parents[1] / "data"


class Bucket(NamedTuple):
    """A bucket, and the local folder that the server has it in."""

    url: str
    folder: Path


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path / "cache"))
    s3fs.S3FileSystem.clear_instance_cache()  # of the server of another test
    name = f"bucket-{next(numbers)}"
    folder = tmp_path / "buckets" / name
    folder.mkdir(parents=True)
    with serve_s3(tmp_path / "buckets") as address:
        for variable, value in s3_environment(address).items():
            monkeypatch.setenv(variable, value)
        yield Bucket(f"s3://{name}", folder)


def run_command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "epochal", *words], capture_output=True, text=True, timeout=60, env=dict(os.environ)
    )


def test_the_same_points_as_on_disk(bucket: Bucket) -> None:
    shutil.copytree(GOLDEN, bucket.folder / "logs")
    (bucket.folder / "logs" / "model.ckpt").write_bytes(bytes(1 << 20))
    there, here = epochal.open(f"{bucket.url}/logs"), epochal.open(bucket.folder / "logs")
    assert list(there.runs) == list(here.runs)
    assert len(here.runs) > 5
    there_points, here_points = there.to_pandas(), here.to_pandas()
    assert len(here_points) > 100
    assert there_points.equals(here_points)
    assert [problem.message for problem in there.problems] == [problem.message for problem in here.problems]
    assert not list(Path(there.path).rglob("*.ckpt"))


def test_commands(bucket: Bucket) -> None:
    with epochal.SummaryWriter(bucket.folder / "logs" / "run") as writer:
        for step in range(10):
            writer.add_scalar("loss", 1 / (step + 1), step)
    listed = run_command("ls", f"{bucket.url}/logs")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert listed.stdout.startswith(f"{bucket.url}/logs\n")
    assert "run" in listed.stdout
    for words in (("show", f"{bucket.url}/logs"), ("du", f"{bucket.url}/logs"), ("doctor", f"{bucket.url}/logs")):
        done = run_command(*words)
        assert (done.returncode, done.stderr) == (0, ""), words
        assert "epochal-mirror" not in done.stdout
        assert "cache" not in done.stdout
    out = bucket.folder.parent / "out.csv"
    assert run_command("export", f"{bucket.url}/logs", "-o", str(out)).returncode == 0
    assert out.read_text().count("\n") == 11
    missing = run_command("ls", f"{bucket.url}/nowhere")
    assert (missing.returncode, missing.stderr) == (2, f"epochal: There is nothing at {bucket.url}/nowhere.\n")


def test_wrong_credentials_are_one_sentence(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    denied = run_command("ls", f"{bucket.url}/logs")
    assert denied.returncode == 1
    assert denied.stderr.startswith(f"epochal: .: {bucket.url}/logs cannot be read: ")
    assert denied.stderr.count("\n") == 1
    denied = run_command("show", f"{bucket.url}/logs")
    assert denied.returncode == 1
    assert denied.stderr.count("\n") == 1
    with pytest.raises(OSError, match="signature"):
        epochal.open(f"{bucket.url}/logs")


def test_a_server_follows_a_bucket(bucket: Bucket, follow: Callable[..., Reloader]) -> None:
    writer = epochal.SummaryWriter(bucket.folder / "logs" / "run")
    for step in range(10):
        writer.add_scalar("loss", float(step), step)
    writer.flush()
    reloader = follow(f"{bucket.url}/logs")
    until(reloader, has_steps(10))
    [path] = (bucket.folder / "logs" / "run").glob("*tfevents*")
    with open(path, "ab") as out:
        out.write(b"".join(scalar_record("loss", 1.0, step, 2e9 + step) for step in range(10, 30)))
    until(reloader, has_steps(30))
    writer.close()


def test_the_app_says_what_it_waits_for(bucket: Bucket) -> None:
    bucket.folder.joinpath("logs").mkdir()
    environment = dict(os.environ, AWS_SECRET_ACCESS_KEY="wrong")
    command = [sys.executable, "-u", "-m", "epochal", f"{bucket.url}/logs", "--port", "0", "--no-open"]
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert server.stdout is not None
    try:
        lines = iter(server.stdout.readline, "")
        said = next(line for line in lines if "cannot be read" in line)
        assert said.startswith(f"{bucket.url}/logs cannot be read: ")
    finally:
        server.terminate()
        rest = server.communicate(timeout=20)[0]
    assert "No event files" not in rest
