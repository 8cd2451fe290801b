"""One logdir, served by a real TensorBoard and by us, and the same question put to both."""

from __future__ import annotations

import importlib
import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
import warnings
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from server_harness import TOKEN, Reply, call, signed_in

from epochal import SummaryWriter
from epochal.server.app import make_app
from epochal.server.config import ServerConfig
from epochal.store.reloader import Reloader

GOLDEN = Path(__file__).parents[1] / "data"

#: Every sample; stock TensorBoard takes 0 to mean none at all once it reads.
ALL_SAMPLES = ",".join(
    f"{plugin}=100000"
    for plugin in ("scalars", "images", "audio", "histograms", "text", "pr_curves", "mesh", "hparams")
)


def write_compat_logs(logdir: Path) -> None:
    """The golden logs of other writers, and logs of our own with every kind of data."""
    for folder in sorted(path for path in GOLDEN.iterdir() if path.is_dir()):
        shutil.copytree(folder, logdir / folder.name)
    rng = np.random.default_rng(5)
    for number, run in enumerate(("fresh/a", "fresh/b ü&=")):
        with SummaryWriter(str(logdir / run)) as writer:
            for step in range(6):
                writer.add_scalar("loss", [0.5, float("nan"), float("inf"), -float("inf"), 1e-9, 3.0][step], step)
                writer.add_image("digits", rng.integers(0, 255, (3, 4, 5), np.uint8), step)
                writer.add_histogram("weights", rng.normal(size=200) + number, step)
                writer.add_text("notes", f"Step *{step}*\n\na | b\n--|--\n{number} | 2", step)
                writer.add_audio("tone", np.sin(np.arange(50) / 5).reshape(1, -1), step, sample_rate=1000)
                labels = rng.integers(0, 2, 100)
                writer.add_pr_curve("pr", labels, rng.random(100), step)
                writer.add_mesh(
                    "mesh", rng.random((1, 7, 3)), colors=rng.integers(0, 255, (1, 7, 3)), global_step=step
                )
            writer.add_hparams({"lr": 0.1 * (number + 1), "name": f"n{number}", "on": True}, {"score": 7 - number})
            layout = {"all": ["Multiline", ["loss", "l.*"]], "band": ["Margin", ["score", "loss", "score"]]}
            writer.add_custom_scalars({"Losses": layout})
    (logdir / "fresh" / "a").rename(logdir / "fresh" / "a a")


def import_stock(name: str) -> ModuleType:
    """A module of TensorBoard's, whose sanitiser is deprecated and says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module(f"tensorboard.{name}")


class Ours:
    """Our app over a logdir that has been read to its end."""

    def __init__(self, logdir: Path) -> None:
        self.logdir = logdir
        reloader = Reloader(logdir, reload_interval_secs=0)
        reloader.load()
        self.app = make_app(reloader, ServerConfig(str(logdir), token=TOKEN))

    def ask(self, route: str, **parameters: Any) -> Reply:
        """GET a route below /data; a list gives a parameter several times."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        return call(self.app, f"/data/{route}", query=query, headers=signed_in())

    def post(self, route: str, body: bytes, content_type: str) -> Reply:
        """POST to a route below /data."""
        headers = signed_in(("content-type", content_type))
        return call(self.app, f"/data/{route}", method="POST", body=body, headers=headers)


class Peers:
    """TensorBoard at an address, and us. `loader` says which of its two loaders it has: "python" or "rust"."""

    def __init__(self, base: str, ours: Ours, loader: str) -> None:
        self.base = base
        self.ours = ours
        self.loader = loader

    def has_loaded(self) -> bool:
        """Whether TensorBoard lists what we list."""
        plugins = ("images", "text", "audio", "histograms", "mesh", "pr_curves")
        for route in ("runs", "plugin/scalars/tags", *(f"plugin/{name}/tags" for name in plugins)):
            reply, (status, body) = self.ours.ask(route), self.theirs(route)
            if status != 200:
                return False
            mine, theirs = reply.json, json.loads(body)
            if len(mine) != len(theirs):
                return False
            # The Rust loader leaves out scalars of most types.
            if "scalars" not in route and _count(mine) != _count(theirs):
                return False
        return True

    def theirs(
        self, route: str, *, body: bytes | None = None, posted_as: str = "", **parameters: Any
    ) -> tuple[int, bytes]:
        """TensorBoard's status and body."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        headers = {"content-type": posted_as} if posted_as else {}
        request = urllib.request.Request(f"{self.base}/data/{route}?{query}", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def both(self, route: str, **parameters: Any) -> tuple[Any, Any]:
        """Our JSON and theirs; both have answered with 200."""
        reply = self.ours.ask(route, **parameters)
        assert reply.status == 200, (route, parameters, reply.body)
        status, body = self.theirs(route, **parameters)
        assert status == 200, (route, parameters, body)
        return json.loads(reply.body, parse_constant=pytest.fail), json.loads(body)

    def statuses(self, route: str, **parameters: Any) -> tuple[int, int]:
        """Our status and theirs."""
        return self.ours.ask(route, **parameters).status, self.theirs(route, **parameters)[0]

    def series(self, plugin: str) -> Iterable[tuple[str, str]]:
        """Every run and tag that TensorBoard lists for a plugin."""
        listed: dict[str, Iterable[str]] = json.loads(self.theirs(f"plugin/{plugin}/tags")[1])
        return [(run, tag) for run, tags in listed.items() for tag in tags]


def _count(listed: Any) -> int:
    """How many names an answer holds, of runs or of tags in runs."""
    return len(listed) if isinstance(listed, list) else sum(map(len, listed.values()))
