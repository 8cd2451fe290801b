"""Copies of remote folders when others work against them: files replaced, forbidden, gone; processes killed."""

from __future__ import annotations

import gc
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from store_follow import has_steps, until
from test_mirror import NAME, URL, Store, here, points, refresh, store

import epochal
from epochal.cli.doctor import make_report
from epochal.cli.show import make_shown_run
from epochal.errors import LogdirError
from epochal.store import mirror as mirror_module
from epochal.store import mirror_place
from epochal.store.mirror import Mirror, open_mirror
from epochal.store.mirror_follower import MirrorFollower
from epochal.store.reloader import Reloader
from epochal.store.remote import RemoteError, RemoteFolder

__all__ = ["store"]  # the fixture


@pytest.mark.parametrize("begun", [0, 20_000], ids=["new", "grown"])
def test_a_file_that_is_replaced_while_it_is_read(
    store: Store, monkeypatch: pytest.MonkeyPatch, begun: int
) -> None:
    monkeypatch.setattr(mirror_module, "CHUNK_BYTES", 8192)
    old, new = points(0, 1000), points(5000, 6500)
    store.put(f"a/{NAME}", old[:begun])
    mirror = Mirror(URL)
    refresh(mirror)
    store.put(f"a/{NAME}", old)
    mirror.look()
    before = len(store.reads)

    def replace(path: str) -> bool:
        if len(store.reads) == before + 2:
            store.put(f"a/{NAME}", new)
        return False

    store.fails = replace
    mirror.fetch_all()
    assert here(mirror)[f"a/{NAME}"] == new[: len(old)]  # of one file, never of two
    refresh(mirror)
    assert here(mirror)[f"a/{NAME}"] == new
    assert mirror.problems == []


def test_a_file_that_never_holds_still_is_a_problem(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_module, "CHUNK_BYTES", 4096)
    store.put(f"a/{NAME}", points(0, 500))
    store.put(f"b/{NAME}", points(0, 5))
    mirror = Mirror(URL)
    mirror.look()
    turn = iter(range(1000))

    def replace(path: str) -> bool:
        if path.startswith("a/"):
            store.put(path, points((first := 600 * next(turn)), first + 500))
        return False

    store.fails = replace
    mirror.fetch_all()
    [problem] = mirror.problems
    assert (problem.run, problem.message) == ("a", "It was replaced while it was read.")
    assert here(mirror)[f"b/{NAME}"] == points(0, 5)
    store.fails = lambda path: False
    refresh(mirror)
    assert mirror.problems == []


def test_files_that_may_not_be_read_hold_up_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(f"z/{NAME}", points(0, 5))
    for number in range(20):  # newer, so that they come first
        store.put(f"forbidden/{number}/{NAME}", points(0, 3))
    store.denies = lambda path: path.startswith("forbidden")
    mirror = Mirror(URL)
    refresh(mirror)
    assert here(mirror)[f"z/{NAME}"] == points(0, 5)
    assert [problem.message for problem in mirror.problems] == ["Forbidden."] * 20
    assert store.denied == 20
    for _ in range(3):  # nor are they asked for again and again
        refresh(mirror)
    assert (store.denied, len(mirror.problems)) == (20, 20)
    store.denies = lambda path: False
    store.put(f"forbidden/0/{NAME}", points(0, 4))  # another version may be another matter
    refresh(mirror)
    assert len(mirror.problems) == 19
    monkeypatch.setattr(mirror_module, "time", _Later(400.0))
    refresh(mirror)
    assert mirror.problems == []


class _Later:
    """The module `time`, later."""

    def __init__(self, secs: float) -> None:
        self._secs = secs

    def monotonic(self) -> float:
        return time.monotonic() + self._secs


def test_everything_is_forbidden(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_module, "MAX_DENIED", 10)
    for number in range(30):
        store.put(f"{number}/{NAME}", points(0, 3))
    store.denies = lambda path: True
    mirror = Mirror(URL)
    mirror.look()
    with pytest.raises(RemoteError, match="Forbidden"):
        mirror.fetch_all()
    assert 10 <= store.denied < 10 + mirror_module.THREADS


def test_what_failed_goes_last(store: Store) -> None:
    store.put(f"old/{NAME}", points(0, 5))
    for number in range(8):
        store.put(f"bad/{number}/{NAME}", points(0, 3))
    store.fails = lambda path: path.startswith("bad")
    mirror = Mirror(URL)
    for _ in range(4):
        mirror.look()
        try:
            mirror.fetch_all()
        except RemoteError:
            continue
    assert here(mirror)[f"old/{NAME}"] == points(0, 5)


def test_python_reads_the_rest(store: Store) -> None:
    store.put(f"a/{NAME}", points(0, 5))
    store.put(f"b/{NAME}", points(0, 5))
    store.denies = lambda path: path.startswith("b/")
    logdir = epochal.open(URL)
    assert logdir.to_pandas()["run"].unique().tolist() == ["a"]
    [problem] = logdir.problems
    assert (problem.run, problem.file, problem.message) == ("b", f"b/{NAME}", "Forbidden.")
    assert logdir.unreadable == (problem,)
    [found] = [finding for finding in make_report(logdir).findings if finding.severity == "problem"]
    assert (found.run, found.file, found.message) == (problem.run, problem.file, problem.message)
    assert make_shown_run(logdir, "b", re.compile("")).problems == [problem]
    assert make_shown_run(logdir, "a", re.compile("")).problems == []
    store.remove(f"a/{NAME}")
    gone = epochal.open(URL)
    assert list(gone.runs) == ["b"]


def test_a_file_that_goes_before_it_is_read(store: Store) -> None:
    for run in ("a", "b"):
        store.put(f"{run}/{NAME}", points(0, 5))
    logdir = epochal.open(URL)
    store.remove(f"a/{NAME}")
    assert len(logdir.to_pandas()) == 5
    logdir.refresh()
    assert list(logdir.runs) == ["b"]


def test_a_problem_ends_on_the_page_too(store: Store, follow: Callable[..., Reloader]) -> None:
    store.put(f"a/{NAME}", points(0, 5))
    store.put(f"b/{NAME}", points(0, 5))
    store.denies = lambda path: path.startswith("b/")
    reloader = follow(URL)
    snapshot = until(reloader, lambda s: has_steps(5, "a")(s) and bool(s.problems))
    assert [(problem.run, problem.message) for problem in snapshot.problems] == [("b", "Forbidden.")]
    store.remove(f"b/{NAME}")
    store.put(f"c/{NAME}", points(0, 5))
    until(reloader, lambda s: not s.problems and list(s.runs) == ["a", "c"])


@pytest.mark.parametrize("name", ["x" * 300, "tfevents.1/tfevents.2"], ids=["long", "file and folder"])
def test_names_that_a_disk_cannot_have(store: Store, name: str) -> None:
    store.put(f"{name}.tfevents", points(0, 3))
    store.put("tfevents.1", points(0, 3))
    store.put(f"good %41+#?*[é] /{NAME}", points(0, 5))
    store.put("empty.tfevents", b"")
    mirror = Mirror(URL)
    for _ in range(3):
        refresh(mirror)
    assert here(mirror)[f"good %41+#?*[é] /{NAME}"] == points(0, 5)
    [problem] = mirror.problems
    assert problem.message in ("File name too long.", "Not a directory.", "File exists.", "Is a directory.")
    logdir = epochal.open(URL)
    assert logdir.runs["good %41+#?*[é] "].scalars("loss").step.size == 5


def test_what_a_server_ends_others_go_on_with(store: Store) -> None:
    store.put(f"a/{NAME}", points(0, 5))
    logdir = epochal.open(URL)
    reloader = Reloader(URL, cache=False)
    reloader.start()
    until(reloader, has_steps(5, "a"))
    reloader.stop()
    store.put(f"b/{NAME}", points(0, 7))
    logdir.refresh()
    assert logdir.runs["b"].scalars("loss").step.size == 7
    assert open_mirror(URL).folder == logdir.path


def test_stopping_waits_for_no_store(store: Store) -> None:
    for number in range(6):
        store.put(f"{number}/{NAME}", points(0, 5))
    release = threading.Event()
    store.fails = lambda path: bool(path) and not release.wait(20)
    follower = MirrorFollower(Mirror(URL), 5.0, lambda: None)
    follower.start()
    deadline = time.monotonic() + 10
    while not any(thread.name == "epochal-mirror-fetch" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    fetching = [thread for thread in threading.enumerate() if thread.name == "epochal-mirror-fetch"]
    assert all(thread.daemon for thread in fetching)  # an interpreter that ends does not wait for them
    began = time.monotonic()
    follower.stop()
    assert time.monotonic() - began < 10
    release.set()
    for thread in fetching:
        thread.join(10)
    assert len(store.reads) <= mirror_module.THREADS  # nothing new was begun
    assert follower.mirror.problems == []


def test_a_killed_process_leaves_nothing(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    source = f"""
        import os, signal, tempfile
        from epochal.store.mirror import Mirror
        owner, other = Mirror({URL!r}), Mirror({URL!r})
        tempfile.mkstemp(dir=os.path.dirname(owner.folder), suffix=".part")
        open(os.path.join(owner.folder, "half.tfevents"), "wb").write(b"1")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(source)])
    assert killed.returncode == -signal.SIGKILL
    [lost] = (tmp_path / "tmp").glob("epochal-mirror-*")
    long_ago = time.time() - mirror_place.MIN_LOST_SECS - 100
    os.utime(lost / "lock", (long_ago, long_ago))
    store.put("half.tfevents", points(0, 3))
    mirror, second = Mirror(URL), Mirror(URL)
    assert not lost.exists()
    assert Path(second.folder).exists()
    assert not list(Path(mirror.folder).parent.glob("*.part"))
    refresh(mirror)
    assert here(mirror) == {"half.tfevents": points(0, 3)}


def test_a_record_that_is_older_than_the_file(store: Store) -> None:
    store.put(f"a/{NAME}", points(0, 5))
    mirror = Mirror(URL)
    refresh(mirror)
    mirror._place.write_known(mirror._known)
    store.put(f"a/{NAME}", points(0, 9))
    refresh(mirror)
    info = mirror._remote.list_files()[f"a/{NAME}"]
    mirror._known.update(mirror._place.read_known())  # as after SIGKILL
    assert mirror._is_here(info)
    assert not mirror._is_here(info._replace(modified=(info.modified or 0) + 2))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_does_not_keep_the_copy(store: Store) -> None:
    store.put(f"a/{NAME}", points(0, 5))
    mirror = Mirror(URL)
    folder = mirror.folder
    context = multiprocessing.get_context("fork")
    release = context.Event()
    child = context.Process(target=release.wait, args=(30,))
    child.start()
    try:
        del mirror
        gc.collect()
        assert Mirror(URL).folder == folder
    finally:
        release.set()
        child.join()


def test_no_room(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    data = points(0, 500)
    store.put(f"a/{NAME}", data)
    mirror = Mirror(URL)
    mirror.look()
    append = Mirror._append

    def full(*args: object) -> bool:
        raise OSError(28, "No space left on device", mirror.folder)

    monkeypatch.setattr(Mirror, "_append", full)
    mirror.fetch_all()
    assert [problem.message for problem in mirror.problems] == ["No space left on device."]
    monkeypatch.setattr(Mirror, "_append", append)
    refresh(mirror)
    assert here(mirror) == {f"a/{NAME}": data}


def test_a_url_of_a_file(store: Store) -> None:
    store.put(NAME, points(0, 5))
    with pytest.raises(RemoteError, match="It is a file; open the folder that it is in"):
        epochal.open(f"{URL}/{NAME}")


def test_a_store_that_cannot_be_made(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise RuntimeError("no credentials were found")

    monkeypatch.setattr("fsspec.core.url_to_fs", fail)
    with pytest.raises(LogdirError, match="cannot be opened: no credentials were found"):
        RemoteFolder(URL)


def test_python_ends_without_waiting_for_the_store(store: Store) -> None:
    for number in range(4):
        store.put(f"{number}/{NAME}", points(0, 5))
    logdir = epochal.open(URL)
    release = threading.Event()

    def is_slow(path: str) -> bool:
        return bool(path) and threading.current_thread() is not threading.main_thread() and not release.wait(20)

    store.fails = is_slow
    assert logdir.runs["0"] is not None
    reader = threading.Thread(target=lambda: logdir.runs["1"].scalars("loss"))
    reader.start()
    deadline = time.monotonic() + 10
    while not any(thread.name == "epochal-on-demand" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.1)
    began = time.monotonic()
    logdir.close()
    assert time.monotonic() - began < 4
    release.set()
    reader.join(10)
    assert len(logdir.to_pandas()) == 20  # more can still be read


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_reads_a_copy_of_its_own(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # a pool ends its processes before they clean up
    for run in ("a", "b"):
        store.put(f"{run}/{NAME}", points(0, 5))
    source = f"""
        import multiprocessing, fsspec, epochal
        store = fsspec.filesystem("memory")
        for run in "ab":
            store.pipe_file("/bucket/logs/" + run + "/tfevents.1", {points(0, 5)!r})
        logdir = epochal.open({URL!r})
        assert logdir.runs["a"].scalars("loss").step.size == 5
        def read(run):
            return logdir.runs[run].scalars("loss").step.size
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(read, "abab") == [5, 5, 5, 5]
        assert len(logdir.to_pandas()) == 10
        assert logdir.problems == ()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_looking_while_others_read(store: Store) -> None:
    for run in range(200):
        store.put(f"run{run}/{NAME}", points(0, 2))
    mirror = Mirror(URL)
    mirror.look()
    ended = threading.Event()
    errors: list[Exception] = []

    def look() -> None:
        while not ended.is_set():
            try:
                mirror.look()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is shown below
                errors.append(error)
                return

    looking = threading.Thread(target=look)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        looking.start()
        for number in range(3):
            mirror.fetch_all()
            for run in range(200):
                store.put(f"run{run}/{NAME}", points(0, 3 + number))
            mirror.look()
        mirror.fetch_all()
    finally:
        sys.setswitchinterval(interval)
        ended.set()
        looking.join()
    assert not errors, errors
    mirror.look()
    mirror.fetch_all()
    assert set(here(mirror).values()) == {points(0, 5)}
