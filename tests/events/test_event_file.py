"""Names of event files."""

from __future__ import annotations

import re
import time

import pytest

from epochal.events import event_file
from epochal.events.event_file import EventFileName, is_event_file, make_event_file_name, parse_event_file_name


def test_names_are_unique_and_sort_by_age(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([2_000_000_000.9, 1_999_999_000.0, 2_000_000_001.0])  # it steps back
    monkeypatch.setattr(time, "time", lambda: next(clock))
    monkeypatch.setattr(event_file, "_last_second", 0)
    names = [make_event_file_name(".v2") for _ in range(3)]
    assert names == sorted(names)
    for name in names:
        assert re.fullmatch(r"events\.out\.tfevents\.\d{10}\.[\w.-]+\.\d+\.\d{6}\.[0-9a-f]{16}\.v2", name)


def test_own_names_parse_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_file.socket, "gethostname", lambda: "node/7.a b")
    parsed = parse_event_file_name(make_event_file_name(".tail"))
    assert parsed.host == "node_7.a_b"
    assert parsed.suffix == ".tail"
    assert len(parsed.token) == 16
    assert None not in (parsed.second, parsed.pid, parsed.counter)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("events.out.tfevents.1700000000.host.12.0", EventFileName(1700000000, "host", 12, 0)),
        (
            "events.out.tfevents.1700000000.10.0.0.5.77.3.v2",
            EventFileName(1700000000, "10.0.0.5", 77, 3, "", ".v2"),
        ),
        ("events.out.tfevents.1700000000.host", EventFileName(1700000000, "host")),
        (
            "events.out.tfevents.0000000001.h.9.000002.0123456789abcdef",
            EventFileName(1, "h", 9, 2, "0123456789abcdef"),
        ),
        ("my-tfevents-file", EventFileName()),
        ("notes.txt", EventFileName()),
    ],
)
def test_names_of_every_writer(name: str, expected: EventFileName) -> None:
    assert parse_event_file_name(name) == expected


def test_what_counts_as_an_event_file() -> None:
    assert is_event_file("x.tfevents.y")
    assert not is_event_file("checkpoint")
    assert not is_event_file("events.out.tfevents.1.host.profile-empty")
