"""tf.summary of TensorFlow 2 and tensorboard's TF2 plugins: metadata once per tag, several files per run."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tensorboard
import tensorflow as tf
from tensorboard.plugins.hparams import api as hp
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams import summary as hparams_summary
from tensorboard.plugins.mesh import summary_v2 as mesh_summary
from tensorflow.python.ops import summary_ops_v2

OUT = Path(sys.argv[1])
RNG = np.random.default_rng(10)


def write_every_function(folder: Path) -> None:
    with tf.summary.create_file_writer(str(folder)).as_default():
        for step in range(3):
            tf.summary.scalar("train/loss", 1 / (step + 1), step, description="*falls*")
            tf.summary.scalar("int", step, step)
            tf.summary.histogram("weights", RNG.normal(size=50), step, buckets=5)
            tf.summary.histogram("one value", [2.0, 2.0], step, buckets=3)
            tf.summary.histogram("empty", [], step, buckets=3)
            tf.summary.image("samples", RNG.random((4, 4, 4, 3)), step, max_outputs=3)
            tf.summary.audio("sounds", (RNG.random((2, 30, 1)) - 0.5).astype(np.float32), 8000, step)
            tf.summary.text("rank 0", f"step *{step}*", step)
            tf.summary.text("rank 1", ["a", f"{step}"], step)
            tf.summary.text("rank 2", [["a", "b"], ["c", f"{step}"]], step)
            greeting = tf.compat.v1.SummaryMetadata()
            greeting.plugin_data.plugin_name = "greeting"
            greeting.plugin_data.content = b"hello"
            tf.summary.write("hello", tf.constant(["a", "b"]), step, metadata=greeting)
        with tf.name_scope("scope"):
            tf.summary.scalar("named", 1.0, 2**33)
        vertices = tf.constant(RNG.random((1, 4, 3)), tf.float32)
        mesh_summary.mesh("shape", vertices, step=1, config_dict={"material": {"cls": "PointsMaterial"}})


def write_traces(folder: Path) -> None:
    @tf.function
    def double(x):
        return x * 2.0

    with tf.summary.create_file_writer(str(folder)).as_default():
        tf.summary.trace_on(graph=True, profiler=False)
        double(tf.constant(1.0))
        tf.summary.trace_export("traced", step=0)
        metadata = tf.compat.v1.RunMetadata()
        metadata.step_stats.dev_stats.add(device="/cpu:0")
        summary_ops_v2.run_metadata("profiled", metadata, step=1)
        tf.summary.graph(double.get_concrete_function(tf.constant(1.0)).graph)


def write_several_files(folder: Path) -> None:
    """One run, three writers: metadata again in each file; the last goes back."""
    for session, first in ((0, 0), (1, 4), (2, 5)):
        with tf.summary.create_file_writer(str(folder), filename_suffix=f".{session}.v2").as_default():
            for step in range(first, first + 4):
                tf.summary.scalar("loss", session + step / 100, step)
                tf.summary.text("log", f"{session} {step}", step)


def write_hparams(root: Path) -> None:
    """An Experiment with domains and metrics in the root run, and sessions of it."""
    rate = hp.HParam("rate", hp.RealInterval(0.1, 0.9), display_name="Rate", description="of *dropout*")
    units = hp.HParam("units", hp.IntInterval(1, 64))
    kind = hp.HParam("kind", hp.Discrete(["adam", "sgd"]))
    flag = hp.HParam("flag", hp.Discrete([False, True]))
    depth = hp.HParam("depth", hp.Discrete([2, 4]))
    metrics = [
        hp.Metric("accuracy", display_name="Accuracy", description="the more the better"),
        hp.Metric("epoch_loss", group="validation", display_name="loss (val.)", dataset_type=hp.Metric.VALIDATION),
        hp.Metric("epoch_loss", group="train", dataset_type=hp.Metric.TRAINING),
    ]
    with tf.summary.create_file_writer(str(root)).as_default():
        hp.hparams_config(hparams=[rate, units, kind, flag, depth], metrics=metrics, time_created_secs=1234.5)
    for number, group in enumerate(("one", "two", "two")):
        with tf.summary.create_file_writer(str(root / f"session{number}")).as_default():
            values = {
                rate: 0.25 + number / 8,
                units: 8 * number,
                kind: "sgd",
                flag: number == 1,
                depth: 4,
                "free": "x",
            }
            hp.hparams(values, trial_id=group, start_time_secs=1000.0 + number)
            tf.summary.scalar("accuracy", 0.5 + number / 10, 1)
        with tf.summary.create_file_writer(str(root / f"session{number}" / "validation")).as_default():
            tf.summary.scalar("epoch_loss", 0.1 * number, 1)
    with tf.summary.create_file_writer(str(root / "session0")).as_default():
        end = hparams_summary.session_end_pb(api_pb2.STATUS_FAILURE, 2000.0)
        tf.summary.experimental.write_raw_pb(end.SerializeToString(), step=0)
    with tf.summary.create_file_writer(str(root / "old")).as_default():
        start = hparams_summary.session_start_pb(
            {"rate": 0.5, "list": [1, 2]}, "gs://model", "https://monitor", "one", 10.0
        )
        tf.summary.experimental.write_raw_pb(start.SerializeToString(), step=0)


def main() -> None:
    write_every_function(OUT / "everything")
    write_traces(OUT / "traces")
    write_several_files(OUT / "several")
    write_hparams(OUT / "hparams")
    print(f"TensorFlow {tf.__version__}, tensorboard {tensorboard.__version__}, NumPy {np.__version__}")


main()
