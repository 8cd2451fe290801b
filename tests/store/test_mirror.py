"""Copies of remote folders: what is read, and how often; fsspec's store in memory stands for any other."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_follow import has_steps, steps, until
from store_logs import scalar_record, version_record

import epochal
from epochal.errors import LogdirError, LogdirNotFoundError
from epochal.store import mirror as mirror_module
from epochal.store import mirror_place
from epochal.store.logdir import parse_address
from epochal.store.mirror import Mirror, choose_files, open_mirror
from epochal.store.mirror_follower import MirrorFollower
from epochal.store.reloader import Reloader
from epochal.store.remote import (
    RemoteDeniedError,
    RemoteError,
    RemoteFile,
    RemoteFolder,
    _time_of,
    is_remote_url,
    normalize_url,
)

fsspec = pytest.importorskip("fsspec")

URL = "memory://bucket/logs"
NAME = "events.out.tfevents.1700000000.host"


def points(first: int, last: int) -> bytes:
    head = version_record() if first == 0 else b""
    return head + b"".join(
        scalar_record("loss", 1.0 / (step + 1), step, 1000.0 + step) for step in range(first, last)
    )


class Store:
    """The bucket, and what was read of it."""

    def __init__(self) -> None:
        self.fs = fsspec.filesystem("memory")
        self.reads: list[tuple[str, int, int]] = []
        self.lists = self.denied = 0
        self.fails: Callable[[str], bool] = lambda path: False
        self.denies: Callable[[str], bool] = lambda path: False

    def put(self, path: str, data: bytes) -> None:
        self.fs.pipe_file(f"/bucket/logs/{path}", data)

    def remove(self, path: str) -> None:
        self.fs.rm_file(f"/bucket/logs/{path}")

    @property
    def bytes_read(self) -> int:
        return sum(end - start for _, start, end in self.reads)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Store]:
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path / "cache"))
    mirror_module._mirrors.clear()  # another test's may live until the next collection
    store = Store()
    store.fs.store.clear()
    read, list_files = RemoteFolder.read, RemoteFolder.list_files

    def counted_read(self: RemoteFolder, path: str, start: int, end: int) -> bytes:
        if store.fails(path):
            raise RemoteError("The line is cut.")
        if store.denies(path):
            store.denied += 1
            raise RemoteDeniedError("Forbidden.")
        store.reads.append((path, start, end))
        return read(self, path, start, end)

    def counted_list(self: RemoteFolder) -> dict[str, RemoteFile]:
        if store.fails(""):
            raise RemoteError("The line is cut.")
        store.lists += 1
        return list_files(self)

    monkeypatch.setattr(RemoteFolder, "read", counted_read)
    monkeypatch.setattr(RemoteFolder, "list_files", counted_list)
    yield store
    store.fs.store.clear()


def refresh(mirror: Mirror) -> None:
    mirror.look()
    mirror.fetch_all()


def here(mirror: Mirror) -> dict[str, bytes]:
    folder = Path(mirror.folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_new_is_read_once(store: Store) -> None:
    store.put(f"a/{NAME}", points(0, 500))
    store.put(f"b/{NAME}", points(0, 10))
    mirror = Mirror(URL)
    refresh(mirror)
    assert here(mirror) == {f"a/{NAME}": points(0, 500), f"b/{NAME}": points(0, 10)}
    assert store.bytes_read == len(points(0, 500)) + len(points(0, 10))
    store.reads.clear()
    for _ in range(5):
        refresh(mirror)
    assert store.reads == []
    store.put(f"b/{NAME}", points(0, 10) + points(10, 12))
    refresh(mirror)
    assert here(mirror)[f"b/{NAME}"] == points(0, 10) + points(10, 12)
    # From the overlap on: of a small file all of it.
    assert store.reads == [(f"b/{NAME}", 0, len(points(0, 12)))]
    store.reads.clear()
    store.put(f"a/{NAME}", points(0, 500) + points(500, 501))
    refresh(mirror)
    [(_, start, _)] = store.reads
    assert start == len(points(0, 500)) - mirror_module.OVERLAP_BYTES


def test_the_next_process_reads_nothing_again(store: Store) -> None:
    store.put(f"a/{NAME}", points(0, 50))
    first = Mirror(URL)
    refresh(first)
    folder = first.folder
    del first
    gc.collect()
    store.reads.clear()
    second = Mirror(URL)
    refresh(second)
    assert (second.folder, store.reads) == (folder, [])
    assert here(second) == {f"a/{NAME}": points(0, 50)}


@pytest.mark.parametrize(
    "known", ["{", '{"version": 99}', '{"version": 1, "files": [1]}', '{"version": 1, "files": {"a": 1}}']
)
def test_a_damaged_record_of_what_is_here(store: Store, known: str) -> None:
    store.put(f"a/{NAME}", points(0, 50))
    first = Mirror(URL)
    refresh(first)
    place = Path(first.folder).parent
    del first
    gc.collect()
    (place / "known.json").write_text(known)
    second = Mirror(URL)
    refresh(second)
    assert here(second) == {f"a/{NAME}": points(0, 50)}
    # Without a record: size and time of change, as rsync does.
    info = os.stat(Path(second.folder, "a", NAME))
    alike = RemoteFile(f"a/{NAME}", info.st_size, "other", info.st_mtime)
    assert not second._is_here(alike)  # it has a record again
    second._known.clear()
    assert second._is_here(alike)
    assert not second._is_here(alike._replace(modified=info.st_mtime + 1))


@pytest.mark.parametrize(
    "there",
    [points(0, 30)[:-1] + b"!", points(5, 30), points(100, 500), b""],
    ids=["same size", "shorter", "longer", "empty"],
)
def test_what_was_rewritten_is_copied_anew(store: Store, there: bytes) -> None:
    store.put(f"a/{NAME}", points(0, 30))
    mirror = Mirror(URL)
    refresh(mirror)
    before = os.stat(Path(mirror.folder, "a", NAME)).st_ino
    store.put(f"a/{NAME}", there)
    refresh(mirror)
    assert here(mirror) == {f"a/{NAME}": there}
    # A reader sees another file, and nothing of it before it is whole.
    assert os.stat(Path(mirror.folder, "a", NAME)).st_ino != before
    assert not list(Path(mirror.folder).parent.glob("*.part"))


def test_what_is_gone_goes(store: Store) -> None:
    for run in ("a/deep/er", "b"):
        store.put(f"{run}/{NAME}", points(0, 3))
    mirror = Mirror(URL)
    refresh(mirror)
    store.remove(f"a/deep/er/{NAME}")
    assert mirror.look()
    assert here(mirror) == {f"b/{NAME}": points(0, 3)}
    assert not Path(mirror.folder, "a").exists()
    assert not mirror.look()


def test_only_logs_are_copied() -> None:
    def chosen(*paths: str) -> list[str]:
        return sorted(choose_files({path: RemoteFile(path, 1, "", None) for path in paths}))

    assert chosen(
        "model.pt", f"run/{NAME}", "run/epoch=3.ckpt", "run/table.tsv", "run/x.profile-empty.tfevents"
    ) == [
        f"run/{NAME}",
        "run/x.profile-empty.tfevents",
    ]
    config = "run/projector_config.pbtxt"
    assert chosen(
        config, "run/00000/default/tensors.tsv", "run/00000/sprite.png", "run/model.pt", "else/t.tsv"
    ) == [
        "run/00000/default/tensors.tsv",
        "run/00000/sprite.png",
        config,
    ]
    assert chosen("projector_config.pbtxt", "a/b/t.tsv") == ["a/b/t.tsv", "projector_config.pbtxt"]


def test_a_file_is_continued_where_the_line_was_cut(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_module, "CHUNK_BYTES", 8192)
    data = points(0, 2000)
    store.put(f"a/{NAME}", data)
    mirror = Mirror(URL)
    mirror.look()
    store.fails = lambda path: len(store.reads) >= 3
    mirror.fetch_all()
    assert here(mirror) == {f"a/{NAME}": data[: 3 * 8192]}
    [problem] = mirror.problems
    assert (problem.run, problem.file, problem.message) == ("a", f"a/{NAME}", "The line is cut.")
    assert mirror.pending_bytes == len(data) - 3 * 8192
    store.fails = lambda path: False
    refresh(mirror)
    assert here(mirror) == {f"a/{NAME}": data}
    assert store.bytes_read == len(data) + (len(store.reads) - 1) * mirror_module.OVERLAP_BYTES
    assert mirror.problems == []
    assert mirror.pending_bytes == 0


def test_names_that_lead_elsewhere_are_no_files(tmp_path: Path) -> None:
    class Odd:
        def invalidate_cache(self) -> None: ...

        def find(self, root: str, detail: bool) -> dict[str, dict[str, object]]:
            names = [
                "../../evil",
                "a/../../evil",
                "/etc/evil",
                "a//evil",
                "a/./evil",
                "a\\evil",
                "a/\0evil",
                "good",
            ]
            return {f"{root}/{name}": {"size": 1, "ETag": "x"} for name in names} | {
                f"{root}2/other": {"size": 1},
                f"{root}/folder": {"size": None},
            }

    folder = RemoteFolder.__new__(RemoteFolder)
    folder._fs, folder._root = Odd(), "bucket/logs"
    assert list(folder.list_files()) == ["good"]


def test_times_as_stores_tell_them() -> None:
    from datetime import datetime, timezone

    assert _time_of({"LastModified": datetime(2026, 1, 1, tzinfo=timezone.utc)}) == 1767225600.0
    assert _time_of({"updated": "2026-01-01T00:00:00Z"}) == 1767225600.0
    assert _time_of({"mtime": 5}) == 5.0
    assert _time_of({"updated": "yesterday"}) is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("s3://", "names no folder"),
        ("memory:///", "names no folder"),
        ("simplecache::s3://bucket/logs", "is a chain"),
        ("nothing-of-the-kind://host/logs", "cannot be opened"),
    ],
)
def test_addresses_that_nothing_opens(url: str, says: str) -> None:
    for open_ in (epochal.open, Reloader):
        with pytest.raises(LogdirError, match=says):
            open_(url)


def test_addresses() -> None:
    assert parse_address("S3://bucket/logs//") == "s3://bucket/logs"
    assert normalize_url("gs://b/l") == "gs://b/l"
    assert not is_remote_url(r"C:\logs")
    assert not is_remote_url("file:///logs")
    assert parse_address("file:///tmp/logs") == os.path.abspath("/tmp/logs")
    assert parse_address("/a//b/") == os.path.abspath("/a/b")


def test_without_the_package() -> None:
    source = """
        import sys
        sys.modules["fsspec"] = sys.modules["fsspec.core"] = None
        import epochal
        try:
            epochal.open("s3://bucket/logs")
        except ValueError as error:
            print(error)
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)], capture_output=True, text=True, check=True
    )
    assert said.stdout == 'To open s3:// addresses: pip install "epochal[remote]".\n'


def test_a_second_owner_has_a_copy_of_its_own(store: Store, tmp_path: Path) -> None:
    store.put(f"a/{NAME}", points(0, 3))
    first = Mirror(URL)
    second = Mirror(URL)
    refresh(first)
    refresh(second)
    assert first.folder.startswith(str(tmp_path))
    assert second.folder != first.folder
    assert here(first) == here(second)
    temporary = Path(second.folder).parent
    del second
    gc.collect()
    assert not temporary.exists()
    # Within a process all share one.
    shared = open_mirror("memory://bucket/logs/")
    assert open_mirror(URL) is shared


def test_no_cache_directory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_place, "find_cache_dir", lambda: None)
    store.put(f"a/{NAME}", points(0, 3))
    mirror = Mirror(URL)
    refresh(mirror)
    assert here(mirror) == {f"a/{NAME}": points(0, 3)}


def test_copies_that_nobody_uses_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    old, held = Mirror("memory://bucket/old"), Mirror("memory://bucket/held")
    long_ago = time.time() - mirror_place.MAX_UNUSED_SECS - 100
    places = [Path(mirror.folder).parent for mirror in (old, held)]
    del old
    gc.collect()
    for place in places:
        os.utime(place / "lock", (long_ago, long_ago))
    mirror = Mirror(URL)
    assert [place.exists() for place in places] == [False, True]
    assert Path(mirror.folder).exists()


def test_python_reads_what_it_is_asked_for(store: Store) -> None:
    for run in ("a", "b"):
        store.put(f"{run}/{NAME}", points(0, 40))
    with epochal.open(URL) as logdir:
        assert list(logdir.runs) == ["a", "b"]
        assert store.reads == []
        assert repr(logdir) == "Logdir('memory://bucket/logs', 2 runs)"
        assert logdir.runs["a"].scalars("loss").step.tolist() == list(range(40))
        assert (f"a/{NAME}", 0, len(points(0, 40))) in store.reads
        store.put(f"a/{NAME}", points(0, 40) + points(40, 45))
        assert logdir.runs["a"].scalars("loss").step.size == 40
        logdir.refresh()
        assert logdir.runs["a"].scalars("loss").step.size == 45
        assert logdir.to_pandas().shape[0] == 85
        assert logdir.problems == ()
        assert epochal.open(URL) == logdir
    with pytest.raises(LogdirNotFoundError, match="There is nothing at memory://bucket/nowhere"):
        epochal.open("memory://bucket/nowhere")


def test_python_says_that_the_line_is_cut(store: Store) -> None:
    store.put(f"a/{NAME}", points(0, 4))
    logdir = epochal.open(URL)
    store.fails = lambda path: bool(path)
    with pytest.raises(OSError, match="The line is cut"):
        logdir.runs["a"].scalars("loss")
    store.fails = lambda path: True
    with pytest.raises(OSError, match="The line is cut"):
        logdir.refresh()
    store.fails = lambda path: False
    logdir.refresh()
    assert logdir.runs["a"].scalars("loss").step.size == 4


def test_a_server_follows(store: Store, follow: Callable[..., Reloader]) -> None:
    store.put(f"run/{NAME}", points(0, 20))
    reloader = follow(URL)
    assert reloader.snapshot.logdir == URL
    until(reloader, has_steps(20))
    store.put(f"run/{NAME}", points(0, 20) + points(20, 25))
    assert steps(until(reloader, has_steps(25))) == list(range(25))
    store.put(f"later/{NAME}", points(0, 2))
    until(reloader, has_steps(2, "later"))
    store.fails = lambda path: True
    snapshot = until(reloader, lambda s: any("has not answered since" in p.message for p in s.problems))
    assert snapshot.problems[0].message.endswith("what came before is shown. The line is cut.")
    assert has_steps(25)(snapshot)
    store.fails = lambda path: False
    store.remove(f"later/{NAME}")
    snapshot = until(reloader, lambda s: list(s.runs) == ["run"] and not s.problems)
    assert snapshot.progress.done


def test_a_look_at_once(store: Store, follow: Callable[..., Reloader]) -> None:
    store.put(f"run/{NAME}", points(0, 20))
    reloader = follow(URL, reload_interval_secs=0)
    until(reloader, has_steps(20))
    store.put(f"run/{NAME}", points(0, 20) + points(20, 25))
    time.sleep(0.3)
    assert has_steps(20)(reloader.snapshot)
    assert has_steps(25)(reloader.reload_now())


def test_nothing_there_yet(store: Store, follow: Callable[..., Reloader]) -> None:
    reloader = follow(URL)
    snapshot = until(reloader, lambda s: s.progress.done and not s.exists)
    assert snapshot.nearby == ()
    store.put(f"run/{NAME}", points(0, 2))
    until(reloader, has_steps(2))


def test_listings_become_rare_where_nothing_changes(store: Store) -> None:
    store.put(f"run/{NAME}", points(0, 20))
    follower = MirrorFollower(Mirror(URL), 5.0, lambda: None)
    pauses = []
    for _ in range(60):
        follower._round()
        pauses.append(follower.pause_secs())
    assert pauses[0] == 5.0
    assert pauses == sorted(pauses)
    assert pauses[-1] == 60.0
    assert len(store.reads) == 1
    store.put(f"run/{NAME}", points(0, 21))
    follower._round()
    assert follower.pause_secs() == 5.0
    store.fails = lambda path: True
    pauses = []
    for _ in range(10):
        follower._round()
        pauses.append(follower.pause_secs())
    assert pauses[0] == 10.0
    assert pauses[-1] == 300.0
