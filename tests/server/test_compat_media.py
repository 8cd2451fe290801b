"""TensorBoard's routes of images and audio against TensorBoard itself, on the same logdir."""

from __future__ import annotations

import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compat_harness import Ours, Peers

from epochal import SummaryWriter

BYTES_OF = {"images": "individualImage", "audio": "individualAudio"}


def ask_both(peers: Peers, plugin: str, run: str, tag: str, sample: int) -> tuple[Any, Any]:
    """Our answer and TensorBoard's, which is None where it only knows how to fail: it counts samples of audio
    from 1 when it looks whether there are enough."""
    parameters = {"run": run, "tag": tag, "sample": sample}
    reply = peers.ours.ask(f"plugin/{plugin}/{plugin}", **parameters)
    assert reply.status == 200
    status, _ = peers.theirs(f"plugin/{plugin}/{plugin}", **parameters)
    if plugin == "audio" and status == 500:
        return reply.json, None
    return peers.both(f"plugin/{plugin}/{plugin}", **parameters)


@pytest.mark.parametrize("plugin", ["images", "audio"])
def test_every_sample_of_every_step(peers: Peers, plugin: str) -> None:
    samples = {(run, tag): facts["samples"] for run, tag, facts in list_samples(peers.ours, plugin)}
    assert set(samples) == set(peers.series(plugin))
    assert max(samples.values()) > 1
    for (run, tag), count in samples.items():
        for sample in range(count + 2):
            mine, theirs = ask_both(peers, plugin, run, tag, sample)
            if theirs is None:
                assert (sample, mine) == (count, [])
                continue
            queries = [(entry.pop("query"), other.pop("query")) for entry, other in zip(mine, theirs, strict=True)]
            if plugin == "audio" and peers.loader == "rust":  # which does not know what legacy clips are
                for entry, other in zip(mine, theirs, strict=True):
                    assert entry.pop("contentType") == "audio/wav"
                    del other["contentType"]
            assert mine == theirs, (run, tag, sample)
            assert bool(mine) == (sample < count)
            for ours, other in queries:
                reply = peers.ours.ask(f"plugin/{plugin}/{BYTES_OF[plugin]}?{ours}".split("?")[0], **to_dict(ours))
                with urllib.request.urlopen(
                    f"{peers.base}/data/plugin/{plugin}/{BYTES_OF[plugin]}?{other}", timeout=60
                ) as response:
                    assert reply.body == response.read()
                    if peers.loader == "python":
                        assert reply.one("content-type") == response.headers["content-type"]
                assert "sandbox" in reply.one("content-security-policy")


def list_samples(ours: Ours, plugin: str) -> list[tuple[str, str, dict[str, Any]]]:
    """run, tag and what is said of them."""
    listed: dict[str, dict[str, dict[str, Any]]] = ours.ask(f"plugin/{plugin}/tags").json
    return [(run, tag, facts) for run, tags in listed.items() for tag, facts in tags.items()]


def to_dict(query: str) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(query))


def test_bytes_that_there_are_not(peers: Peers) -> None:
    good = peers.ours.ask("plugin/images/images", run="fresh/a a", tag="digits").json[0]["query"]
    key = to_dict(good)["blob_key"]
    for bad in ("", "x", "x.0", key[:-2], f"{key}9", key.replace(".", ".-"), f"{key[:-1]}²"):
        assert peers.ours.ask("plugin/images/individualImage", blob_key=bad).status == 404, bad
        reply = peers.ours.ask("plugin/audio/individualAudio", blob_key=bad, content_type="audio/wav")
        assert reply.status == 404, bad
    assert peers.statuses("plugin/images/individualImage") == (400, 400)
    illegal = {"blob_key": key, "content_type": "text/html"}
    assert peers.statuses("plugin/audio/individualAudio", **illegal) == (400, 400)


def test_what_is_no_picture_is_a_download(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_image("x", np.zeros((3, 2, 2), np.uint8), 0)
    [file] = tmp_path.iterdir()
    data = file.read_bytes()
    assert data.count(b"\x89PNG") == 1
    ours = Ours(tmp_path)
    [entry] = ours.ask("plugin/images/images", run=".", tag="x").json
    reply = ours.ask("plugin/audio/individualAudio", content_type="audio/wav", **to_dict(entry["query"]))
    assert reply.one("content-type") == "image/png"  # by its bytes, whatever was asked for


def test_steps_are_spread_and_replaced_ones_left_out(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(50):
            writer.add_image("x", np.full((3, 2, 2), step, np.uint8), step, walltime=1000.0 + step)
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_image("x", np.zeros((3, 2, 2), np.uint8), 40, walltime=2000.0)
        writer.add_image("x", np.zeros((3, 2, 2), np.uint8), 41, walltime=2001.0)
    ours = Ours(tmp_path)

    def steps(**parameters: Any) -> list[int]:
        entries = ours.ask("plugin/images/images", run=".", tag="x", **parameters).json
        return [entry["step"] for entry in entries]

    assert steps() == [*range(40), 40, 41]
    assert steps(superseded=1) == sorted([*range(50), 40, 41])
    assert steps(max_steps=4) == [0, 14, 27, 41]
    assert ours.ask("plugin/images/images", run=".", tag="x", max_steps=3).status == 400
    assert ours.ask("plugin/images/images", run=".", tag="x", sample=-1).status == 400
