"""add_hparams by default: which run it goes to, of which type values are, and at which step metrics stand."""

from __future__ import annotations

import enum
import warnings
from pathlib import Path

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.writer.warnings import WriterWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import torch
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData


class Color(enum.Enum):
    RED = 3


class Level(enum.IntEnum):
    HIGH = 7


class Kind(str, enum.Enum):
    ADAM = "adam"


def hparams_records(reader, directory):
    """tag → HParamsPluginData of a run, in file order."""
    return {
        value.tag: HParamsPluginData.FromString(value.metadata.plugin_data.content)
        for event in reader.read_run(directory)
        for value in event.summary.value
        if value.metadata.plugin_data.plugin_name == "hparams"
    }


def session(reader, directory):
    """The hyperparameters of a run's session as Python values."""
    (start,) = (record for tag, record in hparams_records(reader, directory).items() if "start" in tag)
    hparams = start.session_start_info.hparams
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in hparams.items()}


def test_values_keep_their_type(tmp_path, reader):
    given = {
        "float": 0.5,
        "int": 3,
        "zero": 0,
        "true": True,
        "false": False,
        "text": "adam",
        "empty": "",
        "none": None,
        "path": Path("a") / "b",
        "list": [64, 32],
        "dict": {"a": 1},
        "enum": Color.RED,
        "int enum": Level.HIGH,
        "str enum": Kind.ADAM,
        "numpy": np.float32(0.5),
        "numpy bool": np.bool_(True),
        "tensor": torch.tensor(2.0),
        "vector": np.array([1, 2]),
        "nan": float("nan"),
        "inf": -float("inf"),
        "seed": 2**63 + 1,
        "huge": 10**400,
        "type": int,
        5: "key",
    }
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_hparams(given, {})
    stored = session(reader, tmp_path)
    assert stored == {
        "float": 0.5,
        "int": 3.0,
        "zero": 0.0,
        "true": True,
        "false": False,
        "text": "adam",
        "empty": "",
        "none": "None",
        "path": str(Path("a") / "b"),
        "list": "[64, 32]",
        "dict": "{'a': 1}",
        "enum": "RED",
        "int enum": 7.0,
        "str enum": "adam",
        "numpy": 0.5,
        "numpy bool": True,
        "tensor": 2.0,
        "vector": "[1 2]",
        "nan": "nan",
        "inf": "-inf",
        "seed": str(2**63 + 1),
        "huge": str(10**400),
        "type": "<class 'int'>",
        "5": "key",
    }
    assert {name for name, value in stored.items() if isinstance(value, bool)} == {"true", "false", "numpy bool"}


def test_the_first_call_describes_the_own_run_and_later_ones_make_sub_runs(tmp_path, reader):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_hparams({"lr": 0.1}, {"loss": 1.0}, global_step=3)
        writer.add_hparams({"lr": 0.2}, {"loss": 2.0}, run_name="named")
        writer.add_hparams({"lr": 0.3}, {"loss": 3.0})
    own = hparams_records(reader, tmp_path)
    assert list(own) == ["_hparams_/session_start_info", "_hparams_/session_end_info"]
    assert own["_hparams_/session_end_info"].session_end_info.status == 1
    assert session(reader, tmp_path) == {"lr": 0.1}
    assert reader.scalars(tmp_path) == {"loss": [(3, 1.0)]}
    runs = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert len(runs) == 2
    (unnamed,) = (path for path in runs if path.name != "named")
    assert session(reader, tmp_path / "named") == {"lr": 0.2}
    assert session(reader, unnamed) == {"lr": pytest.approx(0.3)}
    assert float(unnamed.name) > 1e9


def test_a_run_name_is_a_sub_run_from_the_first_call_on(tmp_path, reader):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_hparams({"lr": 0.1}, {}, run_name="trial")
    assert not reader.read_run(tmp_path)
    assert session(reader, tmp_path / "trial") == {"lr": 0.1}


@pytest.mark.parametrize("absolute", [True, False])
def test_a_run_name_may_lead_to_the_own_run(tmp_path, reader, absolute):
    """Scripts written for torch pass the run's absolute path to keep one run."""
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_hparams({"lr": 0.1}, {"loss": 1.0}, run_name=str(tmp_path) if absolute else ".")
    assert session(reader, tmp_path) == {"lr": 0.1}
    assert len(reader.event_files(tmp_path)) == 1


def test_metrics_stand_at_the_latest_step(tmp_path, reader):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_scalar("loss", 0.5, 40)
        writer.add_scalar("loss", 0.4, 30)
        writer.add_scalar("other", 0.4, 90)
        writer.add_hparams({"lr": 0.1}, {"loss": 0.25, "new": 0.5})
        writer.add_hparams({"lr": 0.2}, {"loss": 0.125, "late": 1}, run_name="sub")
        writer.add_hparams({"lr": 0.2}, {"loss": 0.5}, run_name="at", global_step=7)
    assert reader.scalars(tmp_path)["loss"] == [(40, 0.5), (30, pytest.approx(0.4)), (40, 0.25)]
    assert reader.scalars(tmp_path)["new"] == [(90, 0.5)]
    assert reader.scalars(tmp_path / "sub") == {"loss": [(40, 0.125)], "late": [(90, 1.0)]}
    assert reader.scalars(tmp_path / "at") == {"loss": [(7, 0.5)]}


def test_metrics_of_an_unused_writer_stand_at_step_0(tmp_path, reader):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_hparams({}, {"loss": 0.25})
    assert reader.scalars(tmp_path) == {"loss": [(0, 0.25)]}


def test_an_experiment_is_written_for_domains_only(tmp_path, reader):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_hparams(
            {"lr": 0.1, "bias": True, "n": "a"}, {"loss": 1}, {"lr": [0.1, 1.0], "bias": [True, False]}
        )
    records = hparams_records(reader, tmp_path)
    assert next(iter(records)) == "_hparams_/experiment"
    experiment = records["_hparams_/experiment"].experiment
    infos = {info.name: info for info in experiment.hparam_infos}
    assert {name: info.type for name, info in infos.items()} == {"lr": 3, "bias": 2, "n": 1}
    assert list(infos["lr"].domain_discrete) == [0.1, 1.0]
    assert list(infos["bias"].domain_discrete) == [True, False]
    assert not infos["n"].HasField("domain_discrete")
    assert [metric.name.tag for metric in experiment.metric_infos] == ["loss"]


@pytest.mark.parametrize(
    "arguments",
    [
        (None, {}),
        ([], {}),
        ({}, None),
        ({}, {"loss": "low"}),
        ({}, {"loss": 1}, {"lr": [1]}),
        ({"lr": 1}, {}, {"lr": 1}),
        ({"lr": 1}, {}, {"lr": ["a"]}),
        ({"lr": 1}, {}, [1]),
        ({}, {}, None, None, "step"),
    ],
)
def test_bad_arguments(tmp_path, arguments):
    with SummaryWriter(tmp_path) as writer:
        with pytest.warns(WriterWarning, match="add_hparams"):
            writer.add_hparams(*arguments)
        assert writer.status().rejected == 1
    with SummaryWriter(tmp_path, strict=True) as writer, pytest.raises((TypeError, ValueError)):
        writer.add_hparams(*arguments)


def test_sub_runs_leave_no_thread_and_no_open_file(tmp_path, wait_until):
    with SummaryWriter(tmp_path, strict=True) as writer:
        for number in range(20):
            writer.add_hparams({"lr": number}, {"loss": 1.0}, run_name=f"trial {number}")
        sub_writers = [one for one in writer.all_writers.values() if one is not writer.file_writer]
        wait_until(lambda: all(one._thread is None and one._file._output is None for one in sub_writers))
        assert len(sub_writers) == 20
