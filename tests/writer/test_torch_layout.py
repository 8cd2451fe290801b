"""torch_layout=True against torch's own writer: the same events, sub-runs and files, for every method."""

from __future__ import annotations

import inspect
import io
import os
import pickle
import re
import warnings
from pathlib import Path

import every_method
import numpy as np
import pytest
from PIL import Image

from epochal import SummaryWriter

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tensorboard.compat.proto.config_pb2 import RunMetadata
    from tensorboard.compat.proto.graph_pb2 import GraphDef
    from tensorboard.plugins.custom_scalar.layout_pb2 import Layout
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
    from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData
    from tensorboard.plugins.pr_curve.plugin_data_pb2 import PrCurvePluginData
    from tensorboard.util.tensor_util import make_ndarray
    from torch.utils.tensorboard import SummaryWriter as TorchWriter

CONTENT = {"hparams": HParamsPluginData, "mesh": MeshPluginData, "pr_curves": PrCurvePluginData}


def describe_value(value) -> tuple[object, ...]:
    """Everything that a value means; encodings that mean the same compare equal."""
    plugin = value.metadata.plugin_data
    content = (
        CONTENT[plugin.plugin_name].FromString(plugin.content) if plugin.plugin_name in CONTENT else plugin.content
    )
    payload: object = str(value)
    if value.HasField("tensor"):
        array = make_ndarray(value.tensor)
        payload = (value.tensor.dtype, array.shape, array.tolist())
        if plugin.plugin_name == "custom_scalars":
            payload = Layout.FromString(array.item())
    elif value.HasField("image"):
        pixels = np.asarray(Image.open(io.BytesIO(value.image.encoded_image_string)))
        payload = (value.image.height, value.image.width, value.image.colorspace, pixels.shape, pixels.tolist())
    elif plugin.plugin_name:
        payload = None
    return (
        value.tag,
        plugin.plugin_name,
        str(content),
        value.metadata.display_name,
        value.WhichOneof("value"),
        payload,
    )


def describe(event, timed: bool) -> list[object]:
    """What an event says; one without a given walltime has the time of its call."""
    what = event.WhichOneof("what")
    said: object = str(getattr(event, what))
    if what == "summary":
        said = [describe_value(value) for value in event.summary.value]
    elif what == "graph_def":
        said = str(GraphDef.FromString(event.graph_def))
    elif what == "tagged_run_metadata":
        metadata = event.tagged_run_metadata
        said = (metadata.tag, str(RunMetadata.FromString(metadata.run_metadata)))
    return [event.step, event.wall_time if timed else None, what, said]


def read_logdir(root: Path, reader) -> dict[str, object]:
    """Events by directory, other files by path; a sub-run that is named by the clock is named `<clock>`."""
    found: dict[str, object] = {}
    for directory, _, names in os.walk(root):
        here = re.sub(r"\d{10}\.\d+", "<clock>", os.path.relpath(directory, root))
        for name in names:
            path = Path(directory, name)
            if "tfevents" not in name:
                data = path.read_bytes()
                found[f"{here}/{name}"] = np.asarray(Image.open(path)).tolist() if name.endswith("png") else data
        if any("tfevents" in name for name in names):
            found[here] = [describe(event, event.wall_time < 1000) for event in reader.read_run(Path(directory))]
    return found


@pytest.mark.parametrize("name", every_method.CALLS)
def test_same_events_and_files_as_torch(tmp_path, reader, name, monkeypatch, capsys):
    call = every_method.CALLS[name]
    monkeypatch.setattr("matplotlib.pyplot.close", lambda figure: None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind, make in (("torch", TorchWriter), ("epochal", layout_writer)):
            with make(tmp_path / kind) as writer:
                call(writer)
    theirs, ours = read_logdir(tmp_path / "torch", reader), read_logdir(tmp_path / "epochal", reader)
    assert sorted(ours) == sorted(theirs)
    assert len(str(theirs)) > len(str({".": []})), "torch logged nothing"
    for path, content in theirs.items():
        assert ours[path] == content, path


def layout_writer(directory, **arguments):
    return SummaryWriter(directory, strict=True, torch_layout=True, **arguments)


def test_every_method_is_compared():
    called = "".join(inspect.getsource(call) for call in every_method.CALLS.values())
    methods = {name for name in vars(TorchWriter) if name.startswith("add_")}
    # Torch's add_video needs moviepy 1, its add_onnx_graph onnx; both have tests of their own.
    assert {name for name in methods if f".{name}(" not in called} == {"add_video", "add_onnx_graph"}


def test_a_copy_keeps_the_layout(tmp_path):
    writer = pickle.loads(pickle.dumps(layout_writer(tmp_path / "run")))
    writer.add_scalars("g", {"a": 1}, 0)
    writer.close()
    assert (tmp_path / "run" / "g_a").is_dir()


def test_purge_step_is_torchs(tmp_path, reader):
    for kind, make in (("torch", TorchWriter), ("epochal", layout_writer)):
        with make(tmp_path / kind, purge_step=7) as writer:
            writer.add_scalar("loss", 1.0, 7, 1.5)
    theirs, ours = read_logdir(tmp_path / "torch", reader), read_logdir(tmp_path / "epochal", reader)
    assert ours == theirs
    assert [event[2] for event in ours["."]] == ["file_version", "session_log", "summary"]


def test_hparams_without_a_name_make_a_sub_run(tmp_path, reader):
    with layout_writer(tmp_path) as writer:
        writer.add_hparams({"lr": 0.1}, {"loss": 1.0})
    assert sorted(read_logdir(tmp_path, reader)) == [".", "<clock>"]


@pytest.mark.parametrize(
    ("value", "runs"), [("1", [".", "g_a"]), ("0", ["."]), ("", ["."]), ("true", [".", "g_a"])]
)
def test_environment_asks_for_it(tmp_path, reader, monkeypatch, value, runs):
    monkeypatch.setenv("EPOCHAL_TORCH_LAYOUT", value)
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars("g", {"a": 1}, 0)
    assert sorted(read_logdir(tmp_path, reader)) == runs


def test_the_argument_overrules_the_environment(tmp_path, reader, monkeypatch):
    monkeypatch.setenv("EPOCHAL_TORCH_LAYOUT", "1")
    with SummaryWriter(tmp_path, torch_layout=False) as writer:
        writer.add_scalars("g", {"a": 1}, 0)
    assert sorted(read_logdir(tmp_path, reader)) == ["."]
