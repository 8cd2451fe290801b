"""Run provenance: what it says, what it hides, and that it is written once, after the first record."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from epochal.writer import provenance
from epochal.writer.provenance import HIDDEN, describe_command, describe_git, hide_secrets

SECRET = "hunter2"


@pytest.mark.parametrize(
    "argv",
    [
        ["--api-key", SECRET],
        ["--api_key=" + SECRET],
        ["-token", SECRET],
        ["--hf-token", SECRET, SECRET, "--lr", "1"],
        ["--password", "-" + SECRET],
        ["--tokens", SECRET],
        ["--apikey=" + SECRET],
        ["--wandbApiKey=" + SECRET],
        ["--auth", SECRET],
        ["--db-passwd=" + SECRET],
        ["optimizer.lr=1", "+logger.api_key=" + SECRET],
        ["HF_TOKEN=" + SECRET],
        ["--secret=a=" + SECRET],
        ["--password=two words " + SECRET],
        ["--set", "lr=1,api_key=" + SECRET],
        ["--set=api_key=" + SECRET],
        ["--config", '{"lr": 1, "api_key": "' + SECRET + '"}'],
        ["--config", "{'client': {'auth-token': 'x " + SECRET + "'}}"],
        ["--config", '{"password": "it\'s ' + SECRET + '"}'],
        ["--config", '{"password": "' + SECRET],
        ["--header", "Authorization: Bearer " + SECRET],
        ["--url", "https://host/path?step=1&access_token=" + SECRET + "&x=1"],
        ["https://user:" + SECRET + "@host/path"],
        ["--db=postgres://" + SECRET + "@host:5432/db"],
        ["--remote", "s3://key:" + SECRET + "@x@bucket/a"],
    ],
)
def test_secrets_are_hidden(argv):
    shown = describe_command(["python", "train.py", *argv])
    assert SECRET not in shown
    assert HIDDEN in shown
    assert shown.startswith("python train.py ")


@pytest.mark.parametrize(
    "argv",
    [
        ["--lr", "0.1", "--tokenizer", "bert", "--author", "me", "--keyboard=qwerty", "--authors", "x"],
        ["model.hidden=3", "--data", "https://host/path@v1?step=3", "--time=12:30"],
        ["--note", "a b", "--empty", ""],
    ],
)
def test_everything_else_stays(argv):
    assert hide_secrets(argv) == argv


def test_options_after_a_secret_stay():
    argv = ["--token", SECRET, "--lr", "0.1", "--auth", "--port", "80"]
    assert hide_secrets(argv) == ["--token", HIDDEN, "--lr", "0.1", "--auth", "--port", "80"]


def test_the_command_is_one_line_of_bounded_length():
    shown = describe_command(["python", "a\nb\udc80", "x" * 100_000] + ["y" * 900] * 100)
    assert shown.isprintable()
    assert "a\\nb" in shown
    assert len(shown) < 30_000


def test_a_description(monkeypatch):
    monkeypatch.setattr(
        sys, "orig_argv", ["python", "train.py", "--note", "tick ` and ``` tock", "--key=" + SECRET]
    )
    text = provenance.describe_process()
    assert SECRET not in text
    assert "- **command**: ```` python train.py" in text
    for expected in ("- **host**: `", "- **python**: `3.", "- **epochal**: `", "pytest "):
        assert expected in text
    assert " json " not in text


@pytest.fixture
def repository(tmp_path):
    directory = tmp_path / "repository"
    directory.mkdir()

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=trunk"]
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=directory, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "-q")
    (directory / "train.py").write_text("1\n")
    git("add", "train.py")
    git("commit", "-q", "-m", "first")
    return directory, git


def test_git(repository, tmp_path):
    directory, git = repository
    commit = git("rev-parse", "HEAD")
    (directory / "untracked").write_text("")
    assert describe_git(str(directory)) == f"{commit} (trunk; no tracked file changed)"
    (directory / "train.py").write_text("2\n")
    assert describe_git(str(directory)) == f"{commit} (trunk; tracked files changed)"
    git("checkout", "-q", "--detach")
    assert describe_git(str(directory)) == f"{commit} (tracked files changed)"
    assert describe_git(str(tmp_path / "missing")) == ""


def test_no_repository_no_commit_no_git(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "plain").mkdir()
    assert describe_git(str(tmp_path / "plain")) == ""
    subprocess.run(["git", "init", "-q", str(tmp_path / "empty")], check=True)
    assert describe_git(str(tmp_path / "empty")) == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert describe_git(str(tmp_path)) == ""


def test_a_slow_git_is_not_waited_for(tmp_path, monkeypatch):
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(provenance, "GIT_TIMEOUT_SECS", 0.2)
    started = time.monotonic()
    assert describe_git(str(tmp_path)) == ""
    assert time.monotonic() - started < 20


def test_only_the_first_of_a_process_makes_an_event(monkeypatch):
    monkeypatch.setattr(provenance, "_is_written", False)
    assert len(provenance.make_events()) == 1
    assert provenance.make_events() == ()


LOG = """
    import sys, time, epochal
    {setup}
    writer = epochal.SummaryWriter(sys.argv[1], {options})
    writer.add_scalar("loss", 1.0, 5)
    {rest}
"""


@pytest.fixture
def log(run_script, tmp_path, monkeypatch, reader):
    """Run a script that logs one scalar to a run; returns the run's records as (tag, step)."""
    monkeypatch.setenv("EPOCHAL_PROVENANCE", "1")

    def run(options="", setup="", rest="", directory="run"):
        run_script(LOG.format(options=options, setup=setup, rest=rest), tmp_path / directory)
        events = reader.read_run(tmp_path / directory)
        return [(value.tag, event.step) for event in events for value in event.summary.value]

    return run


TEXT = (f"{provenance.TAG}/text_summary", 0)


def test_it_comes_after_the_first_record(log, tmp_path, reader):
    assert log(rest="writer.close()") == [("loss", 5), TEXT]
    (value,) = reader.read_run(tmp_path / "run")[1].summary.value
    assert value.metadata.plugin_data.plugin_name == "text"
    assert b"**command**" in value.tensor.string_val[0]
    assert str(tmp_path / "script_0.py").encode() in value.tensor.string_val[0]


def test_it_comes_without_close_too(log):
    assert sorted(log()) == [TEXT, ("loss", 5)]


def test_a_writer_that_logs_nothing_has_none(log, tmp_path, reader):
    log(setup="epochal.SummaryWriter(sys.argv[1] + '/empty')", rest="writer.close()")
    assert reader.read_run(tmp_path / "run" / "empty") == []


def test_only_the_first_writer_of_a_process_has_it(log, tmp_path, reader):
    assert TEXT in log(
        rest="writer.flush(); other = epochal.SummaryWriter(sys.argv[1] + '2'); other.add_scalar('x', 1, 1)"
    )
    assert list(reader.scalars(tmp_path / "run2")) == ["x"]
    assert len(reader.read_run(tmp_path / "run2")) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_has_none(log, tmp_path, reader):
    rest = """
    import os
    child = os.fork()
    if child == 0:
        writer.add_scalar("child", 1.0, 6)
        other = epochal.SummaryWriter(sys.argv[1] + '2')
        other.add_scalar("other", 1.0, 7)
        writer.close(); other.close()
        os._exit(0)
    os.waitpid(child, 0)
    """
    assert sorted(log(rest=rest)) == [("child", 6), TEXT, ("loss", 5)]
    assert len(reader.read_run(tmp_path / "run2")) == 1


@pytest.mark.parametrize(
    ("options", "setup"),
    [
        ("provenance=False", ""),
        ("torch_layout=True", ""),
        ("", "import os; os.environ['EPOCHAL_PROVENANCE'] = '0'"),
        ("", "import os; os.environ['EPOCHAL_TORCH_LAYOUT'] = '1'"),
    ],
)
def test_it_can_be_turned_off(log, options, setup):
    assert log(options, setup) == [("loss", 5)]


LOG_SUMMARIES = """
    import sys
    from epochal import summary
    {setup}
    writer = summary.create_file_writer(sys.argv[1] {options})
    with writer.as_default(step=5):
        summary.scalar("loss", 1.0)
    {rest}
"""


@pytest.fixture
def log_summaries(run_script, tmp_path, monkeypatch, reader):
    """As `log`, by epochal.summary."""
    monkeypatch.setenv("EPOCHAL_PROVENANCE", "1")

    def run(options="", setup="", rest=""):
        process = run_script(LOG_SUMMARIES.format(options=options, setup=setup, rest=rest), tmp_path / "run")
        assert process.returncode == 0, process.errors
        events = reader.read_run(tmp_path / "run")
        return [(value.tag, event.step) for event in events for value in event.summary.value]

    return run


def test_a_process_that_only_uses_summary_has_it_once(log_summaries, tmp_path, reader):
    rest = """
    import epochal
    writer.close()
    with summary.create_file_writer(sys.argv[1] + "2").as_default(step=1):
        summary.scalar("x", 1.0)
    with epochal.SummaryWriter(sys.argv[1] + "3") as other:
        other.add_scalar("x", 1.0, 1)
    """
    assert log_summaries(rest=rest) == [("loss", 5), TEXT]
    assert len(reader.read_run(tmp_path / "run2")) == len(reader.read_run(tmp_path / "run3")) == 1


def test_a_process_with_both_has_it_once(log_summaries, tmp_path, reader):
    setup = """
    import epochal
    with epochal.SummaryWriter(sys.argv[1] + "3") as other:
        other.add_scalar("x", 1.0, 1)
    """
    assert log_summaries(setup=setup) == [("loss", 5)]
    assert len(reader.read_run(tmp_path / "run3")) == 2


@pytest.mark.parametrize(
    ("options", "setup"),
    [(", provenance=False", ""), ("", "import os; os.environ['EPOCHAL_PROVENANCE'] = '0'")],
)
def test_summary_can_turn_it_off(log_summaries, options, setup):
    assert log_summaries(options, setup) == [("loss", 5)]


def test_a_pickled_writer_has_none(log_summaries):
    setup = "import pickle; create = summary.create_file_writer; "
    setup += "summary.create_file_writer = lambda path: pickle.loads(pickle.dumps(create(path)))"
    assert log_summaries(setup=setup) == [("loss", 5)]


def test_keras_has_it_in_the_run_that_writes_first(run_script, tmp_path, monkeypatch, reader):
    monkeypatch.setenv("EPOCHAL_PROVENANCE", "1")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    process = run_script(
        """
        import sys, keras, numpy as np
        from epochal.keras import TensorBoard
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile(loss="mse")
        ones = np.ones((4, 2)), np.ones(4)
        model.fit(*ones, validation_data=ones, epochs=2, verbose=0, callbacks=[TensorBoard(sys.argv[1])])
        """,
        tmp_path / "run",
    )
    assert process.returncode == 0, process.errors
    counts = {
        run: sum(
            value.tag == TEXT[0]
            for event in reader.read_run(tmp_path / "run" / run)
            for value in event.summary.value
        )
        for run in ("train", "validation")
    }
    assert counts == {"train": 1, "validation": 0}
