"""Thousands of bad values over every method that adds something: none raises, and logging goes on."""

from __future__ import annotations

import inspect
import random
import warnings

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.writer.warnings import WriterWarning


class Hostile:
    """Raises from everything that a writer might try."""

    def __getattr__(self, name):
        raise RuntimeError("hostile")

    def __len__(self):
        raise RuntimeError("hostile")

    def __iter__(self):
        raise RuntimeError("hostile")

    def __repr__(self):
        raise RuntimeError("hostile")


VALUES = [
    *(None, True, 0, -1, 2**63, 10**400, 1.5, float("nan"), float("inf"), 1j, "", "x", "\udc80", "a\0b", b"\xff"),
    *([], [1], [[1], [1, 2]], {}, {"a": 1}, {1: None}, (), {1, 2}, object(), Hostile(), len, Exception("x")),
    *(np.zeros(shape, dtype) for shape in [(), (0,), (3,), (3, 0, 4), (1,) * 7] for dtype in ("f2", "i8", "c8")),
    *(np.array(["a"]), np.array([object()]), np.datetime64("nat"), np.full((3, 4, 4), np.nan), np.ones(3) > 0),
]
METHODS = sorted(name for name in dir(SummaryWriter) if name.startswith("add_"))


@pytest.mark.parametrize("rounds", [100, pytest.param(1_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("method", METHODS)
def test_thousands_of_bad_calls(tmp_path, reader, method, rounds):
    chance = random.Random(f"{method} {rounds}")
    writer = SummaryWriter(tmp_path / "run")
    function = getattr(writer, method)
    names = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    for number in range(rounds):
        arguments = [chance.choice(VALUES) for _ in names[: chance.randint(1, len(names))]]
        required = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        arguments += [chance.choice(VALUES) for _ in range(len(required) - len(arguments))]
        if chance.random() < 0.7 and names[0] == "tag":
            arguments[0] = "bad"
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            function(*arguments)
        ours = [w for w in caught if not issubclass(w.category, WriterWarning)]
        assert not ours, [str(w.message) for w in ours]
        writer.add_scalar("good", float(number), number)
    writer.close()
    good = reader.scalars(tmp_path / "run")["good"]
    assert good == [(number, float(number)) for number in range(rounds)]
