"""What users say: merging, what is refused, and the routes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from server_harness import TOKEN, Reply, call, signed_in

from epochal.server import user_state
from epochal.server.app import make_app
from epochal.server.config import ServerConfig
from epochal.server.security import SecurityLayer
from epochal.server.user_state import (
    InvalidStateError,
    RunPatch,
    Sections,
    StateChange,
    TagPatch,
    View,
    check_changes,
    join_changes,
)
from epochal.store.reloader import Reloader


def change(section: Any, key: str, value: Any) -> StateChange:
    return StateChange(section, key, value)


def apply(*changes: StateChange) -> Sections:
    return Sections().apply(check_changes(changes))


# -- merging --------------------------------------------------------------------------------------------------


def test_fields_that_a_change_does_not_name_stay() -> None:
    said = apply(
        change("runs", "a", {"star": True, "note": "good"}),
        change("runs", "a", {"label": "best"}),
        change("tags", "loss", {"lower_is_better": True}),
        change("tags", "loss", {"lines": [{"y": 0.5, "label": "target"}]}),
    ).make_state(7, True, "")
    assert msgspec.to_builtins(said) == {
        "revision": 7,
        "persistent": True,
        "notice": "",
        "runs": {"a": {"label": "best", "hidden": False, "star": True, "note": "good", "color": None}},
        "tags": {"loss": {"lines": [{"y": 0.5, "label": "target"}], "lower_is_better": True}},
        "views": {},
        "prefs": {},
    }


def test_what_says_nothing_is_not_kept() -> None:
    assert apply(change("runs", "a", {"star": True}), change("runs", "a", {"star": False})) == Sections()
    assert apply(change("runs", "a", {"label": "x"}), change("runs", "a", None)) == Sections()
    assert apply(change("views", "v", {"hash": "#/"}), change("views", "v", None)) == Sections()
    assert apply(change("prefs", "p", [1]), change("prefs", "p", None)) == Sections()
    assert apply(change("tags", "t", {"lines": [], "lower_is_better": None})) == Sections()


def test_views_and_preferences_are_replaced() -> None:
    said = apply(
        change("views", "v", {"hash": "#/a", "note": "old", "saved": 5}),
        change("views", "v", {"hash": "#/b", "saved": 6}),
        change("prefs", "p", {"a": 1}),
        change("prefs", "p", {"b": None}),
    )
    assert said.views == {"v": View("#/b", 6.0, "")}
    assert said.prefs == {"p": {"b": None}}


def test_a_view_knows_when_it_was_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("epochal.server.user_state.time.time", lambda: 1234.5)
    assert apply(change("views", "v", {"hash": "#/"})).views["v"].saved == 1234.5


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("runs", {"lable": "typo"}),
        ("runs", {"star": 1}),
        ("runs", {"note": "x" * 20_001}),
        ("runs", {"label": "x" * 501}),
        ("runs", {"color": "red"}),
        ("runs", {"color": "#12345g"}),
        ("runs", {"color": "#123456\n"}),
        ("runs", {"color": "1000"}),
        ("runs", "text"),
        ("runs", [True]),
        ("tags", {"lines": [{"y": "0.5"}]}),
        ("tags", {"lines": [{"y": 0.5}] * 101}),
        ("tags", {"lines": None}),
        ("views", {}),
        ("views", {"hash": 1}),
        ("views", {"hash": "javascript:alert(1)"}),
        ("views", {"hash": "\n#/"}),
        ("views", {"hash": "#/", "else": 1}),
        ("prefs", [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]),
    ],
)
def test_what_is_no_such_thing_is_refused(section: Any, value: Any) -> None:
    with pytest.raises(InvalidStateError, match=section):
        apply(change(section, "a", value))


run_patches = st.builds(
    RunPatch,
    star=st.sampled_from([msgspec.UNSET, True, False]),
    note=st.sampled_from([msgspec.UNSET, "", "x", "y"]),
    label=st.sampled_from([msgspec.UNSET, None, "l"]),
)
tag_patches = st.builds(TagPatch, lower_is_better=st.sampled_from([msgspec.UNSET, None, True]))
changes_of_runs = st.builds(StateChange, st.just("runs"), st.sampled_from("ab"), st.none() | run_patches)
changes_of_tags = st.builds(StateChange, st.just("tags"), st.sampled_from("ab"), st.none() | tag_patches)
changes_of_prefs = st.builds(StateChange, st.just("prefs"), st.sampled_from("ab"), st.none() | st.integers(0, 2))
some_changes = st.lists(changes_of_runs | changes_of_tags | changes_of_prefs, max_size=12)


@given(some_changes, some_changes, some_changes)
def test_joined_changes_have_the_same_effect(
    before: list[StateChange], first: list[StateChange], second: list[StateChange]
) -> None:
    start = Sections().apply(before)
    joined = join_changes(join_changes({}, first), second)
    assert start.apply(one for made in joined.values() for one in made) == start.apply([*first, *second])
    assert all(len(made) <= 2 for made in joined.values())


@given(some_changes)
def test_sections_are_the_changes_that_make_them(changes: list[StateChange]) -> None:
    said = Sections().apply(changes)
    assert Sections().apply(one for made in said.as_changes().values() for one in made) == said


# -- the routes -----------------------------------------------------------------------------------------------


@pytest.fixture
def app(reloader: Reloader, logdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SecurityLayer:
    monkeypatch.setenv("EPOCHAL_STATE_DIR", str(tmp_path / "state"))
    return make_app(reloader, ServerConfig(str(logdir), token=TOKEN))


def read(app: SecurityLayer) -> Any:
    return call(app, "/api/state", headers=signed_in()).json


def post(app: SecurityLayer, *changes: dict[str, Any], raw: bytes | None = None) -> Reply:
    body = json.dumps({"changes": changes}).encode() if raw is None else raw
    return call(app, "/api/state", method="POST", body=body, headers=signed_in())


def test_nothing_is_said_at_first(app: SecurityLayer, tmp_path: Path) -> None:
    nothing = {"runs": {}, "tags": {}, "views": {}, "prefs": {}, "notice": ""}
    assert read(app) == {"revision": 0, "persistent": True, **nothing}
    assert not (tmp_path / "state").exists()  # looking leaves no trace


def test_a_post_answers_with_all_of_it(app: SecurityLayer) -> None:
    first = post(app, {"section": "runs", "key": "run2", "value": {"star": True}}).json
    second = post(app, {"section": "prefs", "key": "baseline", "value": "run2"}).json
    assert second["runs"]["run2"]["star"] is True
    assert second["prefs"] == {"baseline": "run2"}
    assert 0 < first["revision"] < second["revision"] < 2**53
    assert read(app) == second
    assert call(app, "/api/changes", headers=signed_in()).json["state_revision"] == second["revision"]


def test_odd_names_are_names(app: SecurityLayer) -> None:
    names = ["__proto__", "../../etc/passwd", "<script>", "a\nb", "ı İ 런", "\u0000", " ", "x" * 10_000]
    for name in names:
        assert post(app, {"section": "runs", "key": name, "value": {"note": name[:100]}}).status == 200
    assert {name: said["note"] for name, said in read(app)["runs"].items()} == {name: name[:100] for name in names}


def test_one_bad_change_spoils_all(app: SecurityLayer) -> None:
    reply = post(
        app,
        {"section": "runs", "key": "a", "value": {"star": True}},
        {"section": "runs", "key": "b", "value": {"star": "yes"}},
    )
    assert (reply.status, reply.code) == (400, "bad_request")
    assert "'b'" in reply.json["error"]["message"]
    assert read(app)["runs"] == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"changes": 1}',
        b'{"changes": [{"section": "files", "key": "a", "value": 1}]}',
        b'{"changes": [{"section": "runs", "key": "", "value": null}]}',
        b'{"changes": [{"section": "runs", "key": "a"}]}',
        b'{"changes": [{"section": "prefs", "key": "a", "value": ' + b"[" * 5000 + b"]" * 5000 + b"}]}",
        b'{"changes": [{"section": "prefs", "key": "a", "value": 1e999}]}',
        b'{"changes": [{"section": "prefs", "key": "a", "value": NaN}]}',
        b'{"changes": [{"section": "prefs", "key": "\\ud800", "value": 1}]}',
        b'{"changes": [{"section": "prefs", "key": "\xff", "value": 1}]}',
        b'{"changes": [{"section": "runs", "key": "' + b"x" * 10_001 + b'", "value": {}}]}',
    ],
)
def test_forged_requests_change_nothing(app: SecurityLayer, body: bytes) -> None:
    reply = post(app, raw=body)
    assert (reply.status, reply.code) == (400, "bad_request")
    assert read(app)["revision"] == 0


@pytest.mark.parametrize("number", ["1" + "0" * 30, "-9223372036854775809", "18446744073709551615", "1e308"])
def test_numbers_come_back_as_json_has_them(app: SecurityLayer, number: str) -> None:
    body = f'{{"changes": [{{"section": "prefs", "key": "a", "value": {number}}}]}}'
    assert post(app, raw=body.encode()).status == 200
    assert read(app)["prefs"]["a"] == json.loads(number)


def test_there_is_an_end_to_it(app: SecurityLayer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_state, "MAX_BYTES", 1000)
    assert post(app, {"section": "prefs", "key": "a", "value": "x" * 900}).status == 200
    reply = post(app, {"section": "prefs", "key": "b", "value": "x" * 100})
    assert (reply.status, reply.code) == (413, "too_large")
    assert reply.json["error"]["message"].endswith("nothing was changed.")
    assert list(read(app)["prefs"]) == ["a"]
    monkeypatch.setattr(user_state, "MAX_BYTES", 500)  # as if two servers had filled it together
    assert post(app, {"section": "prefs", "key": "a", "value": "x" * 800}).status == 200
    assert post(app, {"section": "prefs", "key": "a", "value": None}).status == 200


def test_another_site_may_not_say_anything(app: SecurityLayer) -> None:
    body = b'{"changes": [{"section": "runs", "key": "a", "value": {"star": true}}]}'
    for header in (("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")):
        headers = signed_in(header, ("content-type", "text/plain"))
        assert call(app, "/api/state", method="POST", body=body, headers=headers).status == 403
    assert call(app, "/api/state", method="POST", body=body, client=("10.0.0.9", 1)).status == 401
    assert read(app)["runs"] == {}
