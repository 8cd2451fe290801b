"""add_graph and add_onnx_graph beyond what the comparison with torch covers."""

from __future__ import annotations

import sys
import types
import warnings

import every_method as given
import pytest

from epochal import SummaryWriter
from epochal.writer.warnings import WriterWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import torch
    from tensorboard.compat.proto.graph_pb2 import GraphDef

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def double(x: torch.Tensor) -> torch.Tensor:
    return x * 2


def test_a_model_gets_its_mode_back_part_by_part(tmp_path):
    model = given.Net()
    model.encoder[2].eval()
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_graph(model, given.INPUT)
    assert [module.training for module in model.modules()].count(False) == 1
    assert not model.encoder[2].training


def test_a_model_that_fails_is_a_warning_and_gets_its_mode_back(tmp_path, reader):
    model = given.Net()
    with SummaryWriter(tmp_path) as writer, pytest.warns(WriterWarning, match=r"add_graph\('Net'\)"):
        writer.add_graph(model, torch.zeros(2, 3))
    assert model.training
    assert not reader.read_run(tmp_path)


def test_a_scripted_function_has_a_graph(tmp_path, reader):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_graph(torch.jit.script(double), (torch.ones(2),))
    graph = GraphDef.FromString(reader.read_run(tmp_path)[0].graph_def)
    assert [node.op for node in graph.node].count("aten::mul") == 1


def test_verbose_prints_the_trace(tmp_path, capsys):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_graph(given.NET, given.INPUT, verbose=True)
    assert "aten::linear" in capsys.readouterr().out


def test_without_onnx_there_is_one_warning(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with SummaryWriter(tmp_path) as writer:
        with pytest.warns(WriterWarning, match="onnx is not installed"):
            writer.add_onnx_graph("model.onnx")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            writer.add_onnx_graph("model.onnx")
        assert writer.status().rejected == 2


class Field:
    def __init__(self, name: str) -> None:
        self.name = name


class Attribute:
    def ListFields(self):  # noqa: N802
        return [(Field("name"), "axis"), (Field("i"), 1)]


def test_onnx_nodes(tmp_path, reader, monkeypatch):
    """By a stand-in for the package with the attributes of its messages."""
    make = types.SimpleNamespace
    tensor = make(elem_type=1, shape=make(dim=[make(dim_value=2), make(dim_value=3)]))
    value = make(name="x", type=make(tensor_type=tensor))
    node = make(name="n", op_type="Concat", input=["x", "w"], output=["y"], attribute=[Attribute(), Attribute()])
    model = make(graph=make(input=[value], output=[], node=[node]))
    loaded = []
    monkeypatch.setitem(sys.modules, "onnx", make(load=lambda path: loaded.append(path) or model))
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_onnx_graph(tmp_path / "model.onnx")
    assert loaded == [str(tmp_path / "model.onnx")]
    (event,) = reader.read_run(tmp_path)
    variable, concat = GraphDef.FromString(event.graph_def).node
    assert (variable.name, variable.op, variable.attr["dtype"].type) == ("x", "Variable", 1)
    assert [dim.size for dim in variable.attr["shape"].shape.dim] == [2, 3]
    assert (concat.name, concat.op, list(concat.input)) == ("y", "Concat", ["x", "w"])
    assert concat.attr["parameters"].s == b"axis = 1, axis = 1"


@pytest.fixture
def onnx_file(tmp_path):
    """A model made and saved by the real package: shapes with a name in them, attributes of several kinds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], name="conv", kernel_shape=[3, 3], auto_pad="SAME_UPPER"),
        helper.make_node("LeakyRelu", ["c"], ["r"], alpha=0.1),
        helper.make_node("Split", ["r"], ["y", "z"], axis=1),
    ]
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, 8, 8]),
        helper.make_tensor_value_info("w", TensorProto.FLOAT16, [4, 3, 3, 3]),
    ]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "yz"]
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(helper.make_graph(nodes, "graph", inputs, outputs)), path)
    return path


def test_a_real_onnx_model_gives_the_nodes_of_torch(tmp_path, reader, onnx_file):
    from torch.utils.tensorboard._onnx_graph import load_onnx_graph

    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_onnx_graph(onnx_file)
        with open(onnx_file, "rb") as file:
            writer.add_onnx_graph(file)
    theirs = load_onnx_graph(str(onnx_file))
    assert len(theirs.node) == 7
    first, second = reader.read_run(tmp_path)
    assert list(GraphDef.FromString(first.graph_def).node) == list(theirs.node)
    assert second.graph_def == first.graph_def


def test_what_is_no_onnx_model_warns(tmp_path, reader):
    pytest.importorskip("onnx")
    (tmp_path / "text.onnx").write_text("no model")
    writer = SummaryWriter(tmp_path / "run")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        writer.add_onnx_graph(tmp_path / "missing.onnx")
        writer.add_onnx_graph(tmp_path / "text.onnx")
        writer.flush()
    assert all(issubclass(warning.category, WriterWarning) for warning in caught)
    messages = " ".join(str(warning.message) for warning in caught)
    assert "missing.onnx" in messages
    assert "text.onnx" in messages
    writer.close()
    assert reader.read_run(tmp_path / "run") == []
