"""What is on disk when a process ends, however it ends, and however many share a run."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

import pytest

from epochal import SummaryWriter

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


def test_sigkill_loses_at_most_a_second(tmp_path, reader, run_script):
    process = run_script(
        """
        import sys, time
        from epochal import SummaryWriter
        writer = SummaryWriter(sys.argv[1], max_queue=1000)
        step = 0
        while True:
            writer.add_scalar("loss", float(step), step)
            writer.add_text("note", str(step), step)
            print(step, flush=True)
            step += 1
            time.sleep(0.001)
        """,
        tmp_path / "run",
        wait=False,
    )
    logged_at = []
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        assert process.stdout.readline()
        logged_at.append(time.monotonic())
    process.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    process.wait()
    (file,) = reader.event_files(tmp_path / "run")
    seen = len(reader.scalars(tmp_path / "run")["loss"])
    older_than_a_second = sum(moment < killed - 1.0 for moment in logged_at)
    assert older_than_a_second > 100
    assert seen >= older_than_a_second
    assert len(reader.read_file(file)) >= 2 * older_than_a_second


EXITS = {
    "end": "pass",
    "exception": "raise RuntimeError('as users do')",
    "sys.exit": "sys.exit(3)",
    "in a function": "del writer",
    "signal handler": "import signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); "
    "import os; os.kill(os.getpid(), signal.SIGTERM)",
    "atexit": "import atexit; atexit.register(lambda: writer.add_scalar('last', 1.0, 1))",
    "spare thread": "threading.Thread(target=lambda: writer.add_scalar('last', 1.0, 1)).start()",
}


@pytest.mark.parametrize("ending", EXITS)
def test_exit_without_close_loses_nothing(tmp_path, reader, run_script, ending):
    process = run_script(
        f"""
        import sys, threading
        import numpy as np
        from epochal import SummaryWriter
        writer = SummaryWriter(sys.argv[1], max_queue=10**9)
        for step in range(500):
            writer.add_scalar("loss", float(step), step)
        for step in range(5):
            writer.add_histogram("weights", np.arange(200_000), step)
        {EXITS[ending]}
        """,
        tmp_path,
    )
    events = reader.read_run(tmp_path)
    tags = [event.summary.value[0].tag for event in events]
    assert tags.count("loss") == 500, process.errors
    assert tags.count("weights") == 5
    assert tags.count("last") == (ending in ("atexit", "spare thread"))
    assert "Traceback" not in process.errors or ending == "exception"


def test_an_atexit_hook_registered_first_may_still_log(tmp_path, reader, run_script):
    process = run_script(
        """
        import atexit, sys
        atexit.register(lambda: writer.add_scalar("last", 1.0, 1))
        from epochal import SummaryWriter
        writer = SummaryWriter(sys.argv[1])
        writer.add_scalar("loss", 1.0, 1)
        """,
        tmp_path,
    )
    assert set(reader.scalars(tmp_path)) == {"loss", "last"}, process.errors


def _log_in_child(writer, child):
    for step in range(200):
        writer.add_scalar(f"child {child}", float(step), step)


# Python 3.12 warns of every fork beside threads; surviving it is what is tested here.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@needs_fork
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_write_files_of_their_own(tmp_path, reader, method):
    context = multiprocessing.get_context(method)
    children = 8 if method == "fork" else 2
    writer = SummaryWriter(tmp_path, max_queue=10**9)
    writer.add_scalar("parent", 1.0, 1)
    processes = [context.Process(target=_log_in_child, args=(writer, child)) for child in range(children)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    writer.add_scalar("parent", 2.0, 2)
    writer.close()
    points = reader.scalars(tmp_path)
    assert points.pop("parent") == [(1, 1.0), (2, 2.0)]
    assert points == {f"child {c}": [(s, float(s)) for s in range(200)] for c in range(children)}
    assert len(reader.event_files(tmp_path)) == children + 1


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@needs_fork
def test_fork_amid_busy_threads_deadlocks_nobody(tmp_path, reader):
    writer = SummaryWriter(tmp_path)
    # A module that a thread is importing at the fork stays locked in the child; no writer can help that.
    writer.add_histogram("weights", [1.0], 1)
    stop = threading.Event()

    def log(name):
        while not stop.is_set():
            writer.add_scalar(name, 1.0, 1)
            writer.add_histogram("weights", [1.0, 2.0], 1)

    threads = [threading.Thread(target=log, args=(f"thread {n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    try:
        for child in range(10):
            _fork_and_log(writer, child)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    writer.close()
    assert sorted(reader.scalars(tmp_path)["child"]) == [(child, float(child)) for child in range(10)]
    tags = [event.summary.value[0].tag for event in reader.read_run(tmp_path)]
    assert tags.count("child weights") == 10


def _fork_and_log(writer, child):
    pid = os.fork()
    if pid == 0:
        try:
            writer.add_scalar("child", float(child), child)
            writer.add_histogram("child weights", [1.0], child)
            writer.close()
        finally:
            os._exit(0)
    end = time.monotonic() + 10
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            pytest.fail("a child hangs")
        time.sleep(0.01)


def test_no_background_thread_imports(tmp_path, run_script):
    done = run_script(
        """
        import sys, threading
        from epochal import SummaryWriter
        writer = SummaryWriter(sys.argv[1])
        late, main = [], threading.main_thread()
        class Finder:
            def find_spec(self, name, path=None, target=None):
                if threading.current_thread() is not main:
                    late.append(name)
        sys.meta_path.insert(0, Finder())
        import numpy as np
        writer.add_image("image", np.zeros((3, 8, 8)), 1)
        writer.add_images("images", np.zeros((2, 3, 8, 8), np.uint8), 1)
        writer.add_histogram("weights", np.random.rand(100), 1)
        writer.add_histogram("weights", np.random.rand(100), 1, bins="auto")
        writer.add_text("text", "words", 1)
        writer.close()
        print(late)
        """,
        tmp_path,
    )
    assert done.output.strip() == "[]", done.errors


def test_sixteen_threads_keep_each_ones_order(tmp_path, reader):
    writer = SummaryWriter(tmp_path)

    def log(name):
        for step in range(500):
            writer.add_scalar(name, float(step), step)

    threads = [threading.Thread(target=log, args=(f"thread {n}",)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    expected = [(step, float(step)) for step in range(500)]
    assert reader.scalars(tmp_path) == {f"thread {n}": expected for n in range(16)}


def test_a_record_that_comes_while_the_file_is_closed_is_not_left_behind(
    tmp_path, reader, wait_until, monkeypatch
):
    writer = SummaryWriter(tmp_path)
    queue, file = writer.file_writer.scalars, writer.file_writer._file
    real = file.close

    def close_and_be_overtaken():
        monkeypatch.setattr(file, "close", real)
        real()
        queue.append_scalar("loss", 2.0, 2, 0.0)  # by a caller that saw no need to wake anybody

    monkeypatch.setattr(file, "close", close_and_be_overtaken)
    writer.add_scalar("loss", 1.0, 1)
    writer.close()
    wait_until(lambda: reader.scalars(tmp_path)["loss"] == [(1, 1.0), (2, 2.0)])
    writer.close()


def test_logging_while_another_thread_closes(tmp_path, reader):
    writer = SummaryWriter(tmp_path)
    done = threading.Event()

    def close_again_and_again():
        while not done.is_set():
            writer.close()

    closer = threading.Thread(target=close_again_and_again)
    closer.start()
    for step in range(2_000):
        writer.add_scalar("loss", float(step), step)
    done.set()
    closer.join()
    writer.close()
    assert reader.scalars(tmp_path)["loss"] == [(step, float(step)) for step in range(2_000)]
    assert len(reader.event_files(tmp_path)) == 1
