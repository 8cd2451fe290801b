"""TensorFlow's first API (tf.compat.v1.summary), tensorboard's v1 summaries: legacy fields, graphs, sessions."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tensorboard
import tensorflow as tf
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import summary as custom_scalar
from tensorboard.plugins.pr_curve import summary as pr_curve
from tensorboard.summary import v1 as v1_summary

OUT = Path(sys.argv[1])
RNG = np.random.default_rng(9)
tf1 = tf.compat.v1
# fmt: off
DTYPES = ("half", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64",
          "uint8", "uint16", "uint32", "uint64", "bool")
# fmt: on


def write_graph_mode(folder: Path) -> None:
    with tf1.Graph().as_default() as graph:
        x = tf1.placeholder(tf.float32, [None, 2], name="x")
        with tf1.name_scope("layer"):
            weights = tf1.get_variable("w", initializer=np.ones((2, 2), np.float32))
            y = tf.matmul(x, weights, name="y")
        tf1.summary.scalar("loss", tf.reduce_mean(y))
        tf1.summary.histogram("activations", y)
        tf1.summary.image("pictures", tf.constant(RNG.random((2, 4, 4, 3)), tf.float32), max_outputs=2)
        tf1.summary.image("one", tf.constant(RNG.random((1, 3, 3, 1)), tf.float32), max_outputs=1)
        tf1.summary.audio("sound", tf.constant(RNG.random((2, 40, 1)) - 0.5, tf.float32), 8000, max_outputs=2)
        tf1.summary.text("words", tf.constant([["a", "b"], ["c", "d"]]))
        tf1.summary.tensor_summary("plain_tensor", y)
        merged = tf1.summary.merge_all()
        writer = tf1.summary.FileWriter(str(folder), graph)
        writer.add_meta_graph(tf1.train.export_meta_graph(graph=graph))
        with tf1.Session(graph=graph) as session:
            session.run(tf1.global_variables_initializer())
            writer.add_session_log(tf1.SessionLog(status=tf1.SessionLog.START), 0)
            for step in range(3):
                options = tf1.RunOptions(trace_level=tf1.RunOptions.FULL_TRACE)
                metadata = tf1.RunMetadata()
                summary = session.run(merged, {x: np.full((3, 2), step)}, options=options, run_metadata=metadata)
                writer.add_summary(summary, step)
                if step == 1:
                    writer.add_run_metadata(metadata, "step1", step)
            checkpoint = tf1.SessionLog(status=tf1.SessionLog.CHECKPOINT, checkpoint_path="model.ckpt")
            writer.add_session_log(checkpoint, 2)
        writer.close()


def write_restart(folder: Path) -> None:
    """Two sessions, each with its START, the second from an earlier step; one file each."""
    for session, first in ((0, 0), (1, 3)):
        writer = tf1.summary.FileWriter(str(folder), filename_suffix=f".{session}")
        writer.add_session_log(tf1.SessionLog(status=tf1.SessionLog.START), first)
        for step in range(first, first + 5):
            value = tf1.Summary.Value(tag="loss", simple_value=session + step / 100)
            writer.add_summary(tf1.Summary(value=[value]), step)
        writer.close()


def write_tensor_summaries(folder: Path) -> None:
    """tensorboard's v1 summaries: the same plugins with tensors, names and descriptions."""
    with tf1.Graph().as_default():
        writer = tf1.summary.FileWriter(str(folder))
        layout = layout_pb2.Layout(
            category=[
                layout_pb2.Category(
                    title="c",
                    chart=[
                        layout_pb2.Chart(title="m", multiline=layout_pb2.MultilineChartContent(tag=["loss.*"]))
                    ],
                )
            ]
        )
        labels, scores = np.array([True, False, True]), np.array([0.9, 0.4, 0.2])
        for step in range(2):
            for summary in (
                v1_summary.scalar_pb("loss", 1 / (step + 1), display_name="The loss", description="*falls*"),
                v1_summary.histogram_pb("weights", RNG.normal(size=20), bucket_count=4),
                v1_summary.image_pb("images", (RNG.random((4, 3, 3, 3)) * 255).astype(np.uint8), max_outputs=3),
                v1_summary.audio_pb(
                    "sounds", (RNG.random((2, 20, 1)) - 0.5).astype(np.float32), 8000, labels=["one", "two"]
                ),
                v1_summary.text_pb("text0", "rank *zero*"),
                v1_summary.text_pb("text1", np.array(["a", "b"])),
                v1_summary.text_pb("text2", np.array([["a", "b"], ["c", "d"]])),
                pr_curve.pb("curve", labels, scores, num_thresholds=7),
            ):
                writer.add_summary(summary, step)
        writer.add_summary(custom_scalar.pb(layout))
        writer.close()


def write_dtypes(folder: Path) -> None:
    """Scalars and rank-2 tensors of every numeric dtype, as typed values and as raw content."""
    writer = tf1.summary.FileWriter(str(folder))
    metadata = tf1.SummaryMetadata(plugin_data=tf1.SummaryMetadata.PluginData(plugin_name="scalars"))
    unknown = tf1.SummaryMetadata(
        plugin_data=tf1.SummaryMetadata.PluginData(plugin_name="my_plugin", content=b"\1\2")
    )
    for name in DTYPES:
        dtype = tf.as_dtype(name)
        for step, value in enumerate((0, 1, 100)):
            proto = tf.make_tensor_proto(bool(value) if dtype == tf.bool else value, dtype=dtype)
            raw = tf1.Summary.Value(tag=f"raw/{name}", metadata=metadata)
            raw.tensor.dtype = proto.dtype
            raw.tensor.tensor_content = tf.make_ndarray(proto).tobytes()
            typed = tf1.Summary.Value(tag=f"typed/{name}", metadata=metadata, tensor=proto)
            writer.add_summary(tf1.Summary(value=[typed, raw]), step)
        matrix = tf.make_tensor_proto(np.eye(2).astype(dtype.as_numpy_dtype))
        writer.add_summary(
            tf1.Summary(value=[tf1.Summary.Value(tag=f"matrix/{name}", metadata=unknown, tensor=matrix)]), 1
        )
    writer.close()


def main() -> None:
    tf1.set_random_seed(0)
    write_tensor_summaries(OUT / "tensors")
    tf1.disable_eager_execution()
    write_dtypes(OUT / "dtypes")
    write_graph_mode(OUT / "graph_mode")
    write_restart(OUT / "restart")
    versions = f"TensorFlow {tf.__version__} (tf.compat.v1), tensorboard {tensorboard.__version__}"
    print(f"{versions}, NumPy {np.__version__}")


main()
