"""TensorBoard's mesh routes against TensorBoard itself, on the same logdir."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from compat_harness import Ours, Peers

from epochal import SummaryWriter
from epochal.query.mesh import MeshPluginData, decode_mesh_plugin_data

NAMES = {1: "VERTEX", 2: "FACE", 3: "COLOR"}


def test_every_part_of_every_mesh(peers: Peers) -> None:
    mine, theirs = peers.both("plugin/mesh/tags")
    assert mine == theirs
    series = list(peers.series("mesh"))
    assert len(series) > 3
    seen = set()
    for run, tag in series:
        mine, theirs = peers.both("plugin/mesh/meshes", run=run, tag=tag)
        if peers.loader == "rust":  # it orders the parts of a step by hash
            theirs.sort(key=lambda part: (part["step"], part["content_type"]))
            mine.sort(key=lambda part: (part["step"], part["content_type"]))
        assert mine == theirs, (run, tag)
        for part in mine:
            parameters = {
                "run": run,
                "tag": tag,
                "content_type": NAMES[part["content_type"]],
                "step": part["step"],
            }
            for sample in range(part["data_shape"][0]):
                reply = peers.ours.ask("plugin/mesh/data", sample=sample, **parameters)
                status, data = peers.theirs("plugin/mesh/data", sample=sample, **parameters)
                assert (reply.status, reply.body) == (status, data)
                assert reply.body
                seen.add(part["content_type"])
    assert seen == {1, 2, 3}


def test_what_there_is_not(peers: Peers) -> None:
    for run, tag in (("nope", "mesh"), ("fresh/a a", "nope")):
        assert peers.both("plugin/mesh/meshes", run=run, tag=tag) == ([], [])
    here = {"run": "fresh/a a", "tag": "mesh"}
    for more in ({"step": 77}, {"step": 0.5}):
        reply = peers.ours.ask("plugin/mesh/data", content_type="VERTEX", **more, **here)
        assert (reply.status, reply.body) == peers.theirs(
            "plugin/mesh/data", content_type="VERTEX", **more, **here
        )
    assert peers.statuses("plugin/mesh/data", content_type="x", **here) == (400, 400)
    # A part of another sample is a mistake of TensorBoard's there.
    assert peers.statuses("plugin/mesh/data", content_type="VERTEX", sample=5, **here) == (404, 500)


def test_steps_are_spread(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(9):
            writer.add_mesh("m", np.full((1, 2, 3), step, np.float32), global_step=step)
    ours = Ours(tmp_path)
    parts = ours.ask("plugin/mesh/meshes", run=".", tag="m", max_steps=4).json
    assert [part["step"] for part in parts] == [0, 3, 5, 8]


def test_metadata_of_every_form() -> None:
    from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData as Message

    message = Message(version=0, name="m", content_type=3, json_config="{}", shape=[2, 300, 3], components=14)
    data = message.SerializeToString()
    assert decode_mesh_plugin_data(data) == MeshPluginData("m", 3, "{}", (2, 300, 3), 14)
    assert decode_mesh_plugin_data(b"\x30\x02\x30\x05") == MeshPluginData(shape=(2, 5))  # not packed
    assert decode_mesh_plugin_data(data[:9]).name == "m"
    assert decode_mesh_plugin_data(b"\xff") == MeshPluginData()
