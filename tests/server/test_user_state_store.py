"""Where what users say is kept: two servers, many threads, and disks that are full, foreign, damaged or hung."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from epochal.server import user_state_store
from epochal.server.user_state import MAX_REVISION, StateBusyError, StateChange
from epochal.server.user_state_file import MAX_FILE_BYTES, StateFile
from epochal.server.user_state_store import UserStateStore

LOGDIR = "/logs/of a project"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "epochal"


@pytest.fixture
def said() -> list[str]:
    """What was printed."""
    return []


@pytest.fixture
def store(folder: Path, said: list[str]) -> UserStateStore:
    return UserStateStore(LOGDIR, str(folder), said.append)


def star(run: str, value: Any = True) -> list[StateChange]:
    return [StateChange("runs", run, {"star": value})]


def note(run: str, text: str) -> list[StateChange]:
    return [StateChange("runs", run, {"note": text})]


def file_of(folder: Path) -> Path:
    (path,) = (path for path in folder.glob("*.json") if "damaged" not in path.name)
    return path


def another(folder: Path) -> UserStateStore:
    return UserStateStore(LOGDIR, str(folder), lambda _: None)


# -- the file -------------------------------------------------------------------------------------------------


def test_it_is_there_for_the_next_server(store: UserStateStore, folder: Path) -> None:
    first = store.change(star("a"))
    assert first.persistent
    again = another(folder).read()
    assert again == first
    assert UserStateStore("/logs/of another", str(folder)).read().runs == {}


def test_the_file_can_be_read_by_people_and_by_nobody_else(store: UserStateStore, folder: Path) -> None:
    store.change([*star("a"), *note("b", 'say "hi"\n')])
    path = file_of(folder)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert '"a": {"star":true},' in lines
    document = json.loads(path.read_bytes())
    assert (document["epochal_state"], document["logdir"]) == (1, LOGDIR)
    assert document["runs"]["b"] == {"note": 'say "hi"\n'}
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(found.name for found in folder.iterdir()) == sorted([path.name, ".lock"])


def test_links_lead_to_the_same_state(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "link").symlink_to("logs")
    UserStateStore(str(tmp_path / "logs"), str(folder)).change(star("a"))
    assert list(UserStateStore(str(tmp_path / "link"), str(folder)).read().runs) == ["a"]


@pytest.mark.skipif(sys.platform != "linux", reason="paths that are no text")
def test_a_logdir_whose_name_is_no_text(folder: Path) -> None:
    stores = [UserStateStore(f"/logs/{name}", str(folder)) for name in ("\udcff", "\\xff", "ü")]
    for number, store in enumerate(stores):
        assert store.change(star(str(number))).persistent
    assert [list(store.read().runs) for store in stores] == [["0"], ["1"], ["2"]]


def test_what_people_write_by_hand_is_read(store: UserStateStore, folder: Path) -> None:
    before = store.change(star("a"))
    path = file_of(folder)
    path.write_text(path.read_text(encoding="utf-8").replace('"star":true', '"note":"by hand"'), encoding="utf-8")
    after = store.read()
    assert after.runs["a"].note == "by hand"
    assert after.revision > before.revision


def test_who_deletes_the_file_begins_anew(store: UserStateStore, folder: Path) -> None:
    before = store.change(star("a"))
    file_of(folder).unlink()
    after = store.read()
    assert after.runs == {}
    assert after.revision > before.revision
    assert store.change(star("b")).revision > after.revision


def test_a_file_begun_anew_repeats_no_revision(store: UserStateStore, folder: Path) -> None:
    store.change(star("a"))
    before = store.change(star("b"))
    file_of(folder).unlink()
    time.sleep(0.01)
    assert another(folder).change(star("c")).revision > before.revision


# -- two servers, many pages ----------------------------------------------------------------------------------


def test_two_servers_add_to_each_other(store: UserStateStore, folder: Path) -> None:
    other = another(folder)
    other.change(star("a"))
    store.change(note("a", "both"))
    other.change(star("b"))
    mine, theirs = store.read(), other.read()
    assert mine == theirs
    assert (mine.runs["a"].star, mine.runs["a"].note, mine.runs["b"].star) == (True, "both", True)


def test_a_look_notices_the_other_server_and_tells(store: UserStateStore, folder: Path) -> None:
    told: list[int] = []
    end = store.subscribe(lambda: told.append(store.revision))
    assert store.look() == 0
    theirs = another(folder).change(star("a"))
    assert store.look() == theirs.revision
    assert store.look() == theirs.revision
    store.change(star("b"))
    end()
    end()
    store.change(star("c"))
    assert told == [theirs.revision, told[-1]]
    assert told[-1] > theirs.revision


def test_nothing_new_is_no_revision(store: UserStateStore, folder: Path) -> None:
    first = store.change(star("a"))
    signature = file_of(folder).stat().st_ino, file_of(folder).stat().st_mtime_ns
    assert store.change(star("a")).revision == first.revision
    assert (file_of(folder).stat().st_ino, file_of(folder).stat().st_mtime_ns) == signature


def test_many_threads_lose_nothing(store: UserStateStore, folder: Path) -> None:
    stores = [store, another(folder)]

    def say(thread: int) -> None:
        for number in range(10):
            stores[thread % 2].change(star(f"{thread}-{number}"))
            stores[number % 2].change(note("shared", f"{thread}-{number}"))

    threads = [threading.Thread(target=say, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    runs = another(folder).read().runs
    assert {name for name, run in runs.items() if run.star} == {f"{t}-{n}" for t in range(6) for n in range(10)}
    assert stores[0].read().runs == stores[1].read().runs


def test_processes_that_are_killed_leave_a_whole_file(folder: Path) -> None:
    script = (
        "import sys\n"
        "from epochal.server.user_state_store import UserStateStore\n"
        "from epochal.server.user_state import StateChange\n"
        "store = UserStateStore(sys.argv[1], sys.argv[2])\n"
        "for number in range(10**6):\n"
        "    store.change([StateChange('runs', f'{sys.argv[3]}-{number}', {'star': True})])\n"
        "    print(number, flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, LOGDIR, str(folder), str(number)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for number in range(2)
    ]
    last = []
    for process in processes:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 5:
                break
        process.kill()
        last.append(max([5, *(int(line) for line in process.stdout.read().split("\n")[:-1] if line)]))
        process.wait()
        process.stdout.close()
    state = another(folder).read()
    assert state.notice == ""
    for number, most in enumerate(last):
        assert all(f"{number}-{step}" in state.runs for step in range(most + 1))
    file_of(folder).with_suffix(".json.0123abcd.part").write_bytes(b"{")  # as if one had died in the middle
    assert another(folder).change(star("after")).persistent  # whoever died holds no lock
    assert not list(folder.glob("*.part"))


# -- what may lie there ---------------------------------------------------------------------------------------


DAMAGED = [
    b"",
    b"\0" * 1000,
    b"{",
    b'{"epochal_state": 1}',
    b'{"epochal_state": 0, "logdir": 1, "revision": 0}',
    b'{"epochal_state": "x"}',
    b'{"revision": 5, "runs": {}}',
    b'{"epochal_state": 1, "logdir": "", "revision": -1}',
    b'{"epochal_state": 1, "logdir": "", "revision": 99999999999999999999}',
    b'{"epochal_state": 1, "logdir": "", "revision": %d}' % (MAX_REVISION + 1),
    b'{"epochal_state": 1, "logdir": "", "revision": 1, "runs": {"a": {"stars": true}}}',
    b'{"epochal_state": 1, "logdir": "", "revision": 1, "runs": {"a": {"color": "javascript:"}}}',
    b'{"epochal_state": 1, "logdir": "", "revision": 1, "views": {"a": 1}}',
    b'{"epochal_state": 1, "logdir": "", "revision": 1, "files": {}}',
    b'{"epochal_state": 1, "logdir": "", "revision": 1, "prefs": ' + b'{"a":' * 100_000 + b"}" * 100_000 + b"}",
    b"[" * 1_000_000,
    b"\xff\xfe{}",
    b" " * (MAX_FILE_BYTES + 1),
]


@pytest.mark.parametrize("data", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_put_aside(data: bytes, store: UserStateStore, folder: Path, said: list[str]) -> None:
    store.change(star("a"))
    path = file_of(folder)
    path.write_bytes(data)
    fresh = UserStateStore(LOGDIR, str(folder), said.append)
    state = fresh.read()
    assert state.runs == {}
    assert state.persistent
    (aside,) = folder.glob("*.damaged-*.json")
    assert aside.read_bytes() == data
    assert said == [state.notice]
    assert str(aside) in state.notice
    assert len(state.notice) < 1000
    assert fresh.change(star("b")).notice == state.notice
    assert list(another(folder).read().runs) == ["b"]


def test_a_server_that_knows_better_mends_a_damaged_file(store: UserStateStore, folder: Path) -> None:
    store.change([*star("a"), StateChange("prefs", "p", [1])])
    path = file_of(folder)
    path.write_bytes(path.read_bytes()[:-20])
    state = store.read()
    assert (list(state.runs), state.prefs, state.persistent) == (["a"], {"p": [1]}, True)
    assert list(another(folder).read().runs) == ["a"]


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling link"])
def test_what_is_no_file_is_put_aside(kind: str, store: UserStateStore, folder: Path) -> None:
    store.change(star("a"))
    path = file_of(folder)
    path.unlink()
    if kind == "folder":
        path.mkdir()
        (path / "inside").touch()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("nowhere")
    state = another(folder).change(star("b"))
    assert (list(state.runs), state.persistent) == (["b"], True)
    assert list(another(folder).read().runs) == ["b"]


def test_a_file_of_a_later_version_is_left_alone(store: UserStateStore, folder: Path, said: list[str]) -> None:
    store.change(star("a"))
    path = file_of(folder)
    data = b'{"epochal_state": 2, "everything": "else"}'
    path.write_bytes(data)
    fresh = UserStateStore(LOGDIR, str(folder), said.append)
    fresh.read()
    state = fresh.change(star("b"))
    assert (list(state.runs), state.persistent) == (["b"], False)
    assert "later version" in state.notice
    assert said == [state.notice]
    assert path.read_bytes() == data


def test_a_revision_at_the_end_does_not_stop_changes(store: UserStateStore, folder: Path) -> None:
    store.change(star("a"))
    document = json.loads(file_of(folder).read_bytes())
    file_of(folder).write_text(json.dumps({**document, "revision": MAX_REVISION}))
    assert store.change(star("b")).persistent
    assert set(store.change(star("c")).runs) == {"a", "b", "c"}
    assert set(another(folder).read().runs) == {"a", "b", "c"}


# -- disks ----------------------------------------------------------------------------------------------------


def test_without_a_home_it_lasts_until_the_end(said: list[str]) -> None:
    store = UserStateStore(LOGDIR, None, said.append)
    assert not store.read().persistent
    state = store.change(star("a"))
    assert (list(state.runs), state.persistent) == (["a"], False)
    assert "EPOCHAL_STATE_DIR" in state.notice
    assert store.change(note("a", "x")).revision > state.revision
    assert said == [state.notice]


def test_a_file_in_the_way_of_the_folder(tmp_path: Path, said: list[str]) -> None:
    (tmp_path / "file").touch()
    store = UserStateStore(LOGDIR, str(tmp_path / "file" / "epochal"), said.append)
    assert not store.read().persistent
    state = store.change(star("a"))
    assert (list(state.runs), state.persistent) == (["a"], False)
    assert len(said) == 1


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_folders_that_may_not_be_written_to(tmp_path: Path) -> None:
    script = (
        "import json, os, sys\n"
        "from epochal.server.user_state import StateChange\n"
        "from epochal.server.user_state_store import UserStateStore\n"
        "os.umask(0)\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "for folder in sys.argv[1:]:\n"
        "    store = UserStateStore('/logs', folder, lambda _: None)\n"
        "    before = store.read()\n"
        "    after = store.change([StateChange('runs', 'a', {'star': True})])\n"
        "    print(json.dumps([before.persistent, after.persistent, list(after.runs), before.notice]))\n"
    )
    (tmp_path / "closed").mkdir(mode=0o555)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    tmp_path.chmod(0o711)
    done = subprocess.run(
        [sys.executable, "-c", script, "closed/epochal", "open/epochal"],
        cwd=tmp_path,  # the folders above need not let the other user pass
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        timeout=60,
    )
    first, second = (json.loads(line) for line in done.stdout.splitlines()) if done.stdout else (done.stderr, "")
    assert first[:3] == [False, False, ["a"]]
    assert "Permission denied" in first[3]
    assert second == [True, True, ["a"], ""]


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """A disk that is full while the list is not empty."""
    full: list[bool] = []
    whole = StateFile.replace

    def replace(self: StateFile, kept: Any) -> None:
        if full:
            raise OSError(28, "No space left on device", self.path)
        whole(self, kept)

    monkeypatch.setattr(StateFile, "replace", replace)
    return full


def test_what_a_full_disk_did_not_take_is_written_later(
    store: UserStateStore, folder: Path, full_disk: list[bool], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.change([*star("a"), *star("gone")])
    full_disk.append(True)
    state = store.change([*note("a", "n"), StateChange("runs", "gone", None), *note("gone", "back")])
    assert (state.runs["a"].note, state.persistent) == ("n", False)
    assert "No space left" in state.notice
    assert store.change(star("b")).runs["b"].star
    assert said == [state.notice]
    other = another(folder)
    assert set(other.read().runs) == {"a", "gone"}
    full_disk.clear()
    other.change(note("b", "other"))
    assert store.read().runs["b"].star  # still with what was not written
    monkeypatch.setattr(user_state_store, "RETRY_SECS", 0.0)
    told: list[int] = []
    store.subscribe(lambda: told.append(1))
    store.look()
    state = store.read()
    assert state.persistent
    assert state.notice == ""
    assert told  # so that pages take the notice away
    runs = another(folder).read().runs
    assert runs == state.runs
    assert (runs["a"].star, runs["a"].note) == (True, "n")
    assert (runs["b"].star, runs["b"].note) == (True, "other")
    assert (runs["gone"].star, runs["gone"].note) == (False, "back")


def test_no_half_written_file_is_left(
    store: UserStateStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.change(star("a"))

    def fail(*_: Any) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    assert not store.change(star("b")).persistent
    assert sorted(path.suffix for path in folder.iterdir()) == ["", ".json"]
    assert list(another(folder).read().runs) == ["a"]


def test_a_disk_that_hangs_holds_up_changes_only(store: UserStateStore, monkeypatch: pytest.MonkeyPatch) -> None:
    before = store.change(star("a"))
    monkeypatch.setattr(user_state_store, "WAIT_SECS", 0.05)
    answer = threading.Event()
    asked = threading.Event()

    def hang(_: StateFile) -> None:
        asked.set()
        answer.wait(20)

    with monkeypatch.context() as patch:
        patch.setattr(StateFile, "sign", hang)
        thread = threading.Thread(target=store.look)
        thread.start()
        assert asked.wait(20)
        began = time.monotonic()
        assert store.look() == before.revision
        assert store.read() == before
        with pytest.raises(StateBusyError):
            store.change(star("b"))
        assert time.monotonic() - began < 10
        answer.set()
        thread.join(20)
    assert set(store.change(star("c")).runs) == {"a", "c"}


def test_a_lock_that_nobody_lets_go_of(
    store: UserStateStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    store.change(star("a"))
    monkeypatch.setattr("epochal.server.user_state_file.LOCK_SECS", 0.05)
    with open(folder / ".lock", "wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        state = store.change(star("b"))
    assert (set(state.runs), state.persistent) == ({"a", "b"}, False)
    assert "lock" in state.notice
    monkeypatch.setattr(user_state_store, "RETRY_SECS", 0.0)
    store.look()
    assert set(another(folder).read().runs) == {"a", "b"}
