"""TensorBoard's routes of the whole logdir and of scalars against TensorBoard itself, on the same logdir."""

from __future__ import annotations

import csv
import io
import json
import re
import urllib.parse
from pathlib import Path

import numpy as np
import pytest
from compat_harness import Ours, Peers
from starlette.exceptions import HTTPException

from epochal import SummaryWriter
from epochal.server.endpoint import Crowd
from epochal.server.markdown import MAX_MARKDOWN_BYTES, markdown_to_html
from epochal.server.routes import ROUTES

FORM = "application/x-www-form-urlencoded"

# What TensorBoard's own code cannot turn into numbers; it answers with 500.
UNREADABLE_THERE = ("bfloat16", "uint32", "uint64")

# Files of one run that carry on from one another: TensorBoard's Python loader shows what a restart replaced.
RESTARTED = ("tf2/several", "torch/restarts")


def test_runs(peers: Peers) -> None:
    mine, theirs = peers.both("runs")
    if peers.loader == "rust":  # which orders them by times of less precision
        mine, theirs = sorted(mine), sorted(theirs)
    assert mine == theirs
    assert len(mine) > 20


def test_what_is_served_and_by_whom(peers: Peers) -> None:
    mine, theirs = peers.both("environment")
    assert mine.pop("version").startswith("Epochal ")
    del theirs["version"], theirs["debug"]  # the latter tells the flags to whoever asks
    assert mine == theirs
    for route in ("logdir", "window_properties", "experiments", "experiment_runs"):
        mine, theirs = peers.both(route)
        assert mine == theirs
    # TensorBoard redirects to a file that it does not have.
    assert peers.ours.ask("notifications").json == {"notifications": []}
    assert peers.theirs("notifications")[0] == 404


def test_plugins(peers: Peers) -> None:
    mine, theirs = peers.both("plugins_listing")
    assert set(theirs) - set(mine) == {"debugger-v2", "profile_redirect", "wit_redirect"}
    assert list(mine) == [name for name in theirs if name in mine]
    for name, plugin in mine.items():
        # Epochal's page loads no plugins.
        assert plugin.pop("loading_mechanism") == {"type": "NONE"}
        del theirs[name]["loading_mechanism"]
        if name == "projector":  # TensorBoard looks for embeddings after it was first asked
            theirs[name]["enabled"] = True
        assert plugin == theirs[name], name
    assert all(plugin["enabled"] for plugin in mine.values())


def test_plugins_of_an_empty_logdir(tmp_path: Path) -> None:
    assert not any(plugin["enabled"] for plugin in Ours(tmp_path).ask("plugins_listing").json.values())


@pytest.mark.parametrize("plugin", ["scalars", "images", "audio", "histograms", "distributions", "text"])
def test_tags(peers: Peers, plugin: str) -> None:
    mine, theirs = peers.both(f"plugin/{plugin}/tags")
    assert sum(map(len, mine.values())) > 2
    if peers.loader == "rust":  # which says nothing of tags of a legacy form, and orders tags by hash
        mine, theirs = ({run: sorted(tags) for run, tags in answer.items()} for answer in (mine, theirs))
        if plugin == "scalars":  # and has no scalars but float32
            assert all(set(tags) <= set(mine[run]) for run, tags in theirs.items())
            return
    assert mine == theirs


def test_scalars(peers: Peers) -> None:
    for run, tag in peers.series("scalars"):
        if tag.endswith(UNREADABLE_THERE) and peers.statuses("plugin/scalars/scalars", run=run, tag=tag)[1] == 500:
            assert peers.ours.ask("plugin/scalars/scalars", run=run, tag=tag).status == 200
            continue
        mine, theirs = peers.both("plugin/scalars/scalars", run=run, tag=tag)
        if peers.loader == "rust":  # which keeps the last value of a step only
            mine = list({step: [wall_time, step, value] for wall_time, step, value in mine}.values())
        elif run in RESTARTED:
            assert len(mine) < len(theirs)
            mine, _ = peers.both("plugin/scalars/scalars", run=run, tag=tag, superseded=1)
            mine.sort()  # by wall_time: TensorBoard keeps the order of writing
        assert mine == theirs, (run, tag)


def test_scalars_as_csv(peers: Peers) -> None:
    parameters = {"run": "fresh/b ü&=", "tag": "loss", "format": "csv"}
    mine = peers.ours.ask("plugin/scalars/scalars", **parameters)
    status, theirs = peers.theirs("plugin/scalars/scalars", **parameters)
    assert (mine.status, mine.body) == (status, theirs)
    assert mine.one("content-type").startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(mine.body.decode())))
    assert [row["Value"] for row in rows[:4]] == ["0.5", "nan", "inf", "-inf"]


def test_scalars_of_several_runs(peers: Peers) -> None:
    fields = [("tag", "loss"), ("runs", "fresh/a a"), ("runs", "fresh/b ü&="), ("runs", "nope"), ("runs", "clu")]
    boundary = "x--y"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    ]
    multipart = "".join(parts).encode() + f"--{boundary}--\r\n".encode()
    encoded = urllib.parse.urlencode(fields).encode()
    route = "plugin/scalars/scalars_multirun"
    for body, content_type in ((encoded, FORM), (multipart, f"multipart/form-data; boundary={boundary}")):
        reply = peers.ours.post(route, body, content_type)
        status, theirs = peers.theirs(route, body=body, posted_as=content_type)
        assert reply.status == status == 200
        assert reply.json == json.loads(theirs)
        assert set(reply.json) == {"fresh/a a", "fresh/b ü&="}
    for bad in (b"runs=x", b"tag=a&tag=b"):
        assert peers.ours.post(route, bad, FORM).status == peers.theirs(route, body=bad, posted_as=FORM)[0] == 400
    assert peers.statuses(route) == (405, 405)


@pytest.mark.parametrize(
    ("route", "status"),
    [
        ("scalars/scalars", 404),
        ("images/images", 404),
        ("audio/audio", 404),
        ("histograms/histograms", 404),
        ("distributions/distributions", 404),
        ("text/text", 200),
    ],
)
def test_what_there_is_not(peers: Peers, route: str, status: int) -> None:
    for run, tag in (("nope", "loss"), ("fresh/a a", "nope"), ("", "")):
        assert peers.statuses(f"plugin/{route}", run=run, tag=tag) == (status, status), (run, tag)
    # TensorBoard answers with 500 to most of these.
    for incomplete in ({"run": "fresh/a a"}, {"tag": "loss"}, {}):
        assert peers.ours.ask(f"plugin/{route}", **incomplete).status == 400


def test_a_trailing_slash_is_ignored_as_there(peers: Peers) -> None:
    assert peers.statuses("runs/") == (200, 200)


def test_a_sample_keeps_the_first_the_last_and_the_extremes(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    values = rng.normal(size=5000)
    values[1234], values[4321] = 99.0, -99.0
    with SummaryWriter(str(tmp_path)) as writer:
        for step, value in enumerate(values):
            writer.add_scalar("x", value, step)
    ours = Ours(tmp_path)
    for most in (4, 5, 100, 101):
        rows = ours.ask("plugin/scalars/scalars", run=".", tag="x", sample=most).json
        assert 2 <= len(rows) <= most
        steps = [row[1] for row in rows]
        assert steps == sorted(set(steps))
        assert (steps[0], steps[-1]) == (0, 4999)
        if most > 5:
            assert {1234, 4321} <= set(steps)
        assert rows == ours.ask("plugin/scalars/scalars", run=".", tag="x", sample=most).json
        body = urllib.parse.urlencode({"tag": "x", "runs": ".", "sample": most}).encode()
        assert ours.post("plugin/scalars/scalars_multirun", body, FORM).json == {".": rows}
    assert len(ours.ask("plugin/scalars/scalars", run=".", tag="x").json) == 5000
    assert ours.ask("plugin/scalars/scalars", run=".", tag="x", sample=3).status == 400


def test_descriptions_are_html_without_scripts() -> None:
    assert markdown_to_html("") == ""
    assert markdown_to_html("*hello*") == "<p><em>hello</em></p>"
    assert "<table>" in markdown_to_html("a | b\n--|--\n1 | 2")
    hostile = markdown_to_html("<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>")
    assert "<script" not in hostile
    assert "<img" not in hostile
    assert "href" not in hostile
    for address in ("javascript:x", "JAVASCRIPT:x", " data:text/html,x", "ftp://x", "file:///etc/passwd", "x:y"):
        assert "href" not in markdown_to_html(f"[x](<{address}>)"), address
    for address in ("http://a/b", "https://a:1/b", "mailto:a@b", "a/b:c", "#a:b", "?a:b", "/a"):
        assert f'href="{address}"' in markdown_to_html(f"[x](<{address}>)"), address
    assert markdown_to_html("[" * (MAX_MARKDOWN_BYTES + 1)) == "[" * (MAX_MARKDOWN_BYTES + 1)
    assert "&lt;b&gt;" in markdown_to_html("<b>" * MAX_MARKDOWN_BYTES)


def test_html_has_no_attributes_but_those_of_links_and_pictures() -> None:
    text = '| a |\n|--:|\n| 1 |\n\n```python x\n1\n```\n\n[l](/a "t") ![p](/b "u")'
    assert markdown_to_html(text) == (
        "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n</tr>\n</tbody>\n</table>\n"
        "<pre><code>1\n</code></pre>\n"
        '<p><a href="/a" title="t">l</a> <img src="/b" alt="p" title="u" /></p>'
    )


def test_a_crowd_is_turned_away_and_let_in_again() -> None:
    crowd = Crowd(2)
    with crowd, crowd, pytest.raises(HTTPException) as refused, crowd:
        pass
    assert refused.value.status_code == 503
    assert refused.value.headers == {"retry-after": "1"}
    assert "answering 2 requests already" in str(refused.value.detail)
    with crowd, crowd:
        pass


def test_a_full_server_says_so(logdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("epochal.server.app.Crowd", lambda: Crowd(0))
    reply = Ours(logdir).ask("runs")
    assert (reply.status, reply.code, reply.one("retry-after")) == (503, "busy", "1")
    assert reply.json["error"]["message"].endswith("Ask again in a moment.")


def test_the_guide_lists_every_route() -> None:
    text = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
    listed = {path for line in text.splitlines() if line.startswith("| `/data/") for path in find_paths(line)}
    assert listed == {route.path for route in ROUTES if route.path.startswith("/data/")}


def find_paths(line: str) -> list[str]:
    return re.findall(r"`(/data/\w[\w/]*)`", line.split(" | ")[0])
