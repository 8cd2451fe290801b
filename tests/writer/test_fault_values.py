"""Thousands of bad values over every method that adds something: none raises, and logging goes on."""

from __future__ import annotations

import inspect
import random
import warnings
from contextlib import ExitStack
from decimal import Decimal

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
    *(np.complex64(1), np.float16(1), Decimal(2)),
    *([], [1], [[1], [1, 2]], {}, {"a": 1}, {1: None}, (), {1, 2}, object(), Hostile(), len, Exception("x")),
    *(np.zeros(shape, dtype) for shape in [(), (0,), (3,), (3, 0, 4), (1,) * 7] for dtype in ("f2", "i8", "c8")),
    *(np.array(["a"]), np.array([object()]), np.datetime64("nat"), np.full((3, 4, 4), np.nan), np.ones(3) > 0),
]
METHODS = sorted(name for name in dir(SummaryWriter) if name.startswith("add_"))


def make_calls(method: str, rounds: int):
    """The same arguments each time: most of them bad, some of them good by chance."""
    chance = random.Random(f"{method} {rounds}")
    parameters = [
        parameter
        for parameter in inspect.signature(getattr(SummaryWriter, method)).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.name != "self"
    ]
    required = sum(parameter.default is parameter.empty for parameter in parameters)
    for _ in range(rounds):
        count = max(required, chance.randint(1, len(parameters)))
        arguments = [chance.choice(VALUES) for _ in range(count)]
        if chance.random() < 0.7 and parameters[0].name == "tag":
            arguments[0] = "bad"
        yield arguments


@pytest.mark.parametrize("rounds", [100, pytest.param(1_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("method", METHODS)
def test_thousands_of_bad_calls(tmp_path, reader, method, rounds):
    writer = SummaryWriter(tmp_path / "run")
    for number, arguments in enumerate(make_calls(method, rounds)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            getattr(writer, method)(*arguments)
        ours = [w for w in caught if not issubclass(w.category, WriterWarning)]
        assert not ours, [str(w.message) for w in ours]
        writer.add_scalar("good", float(number), number)
    writer.close()
    good = reader.scalars(tmp_path / "run")["good"]
    assert good == [(number, float(number)) for number in range(rounds)]


@pytest.mark.parametrize("rounds", [100, pytest.param(1_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("method", METHODS)
def test_a_strict_writer_raises_what_another_leaves_out(tmp_path, reader, method, rounds):
    """Call by call: a refusal of the one is an exception of the other, at the call; and nothing else is."""
    patient, strict = SummaryWriter(tmp_path / "patient"), SummaryWriter(tmp_path / "strict", strict=True)
    refused = 0
    for number, arguments in enumerate(make_calls(method, rounds)):
        at_call, in_all = patient._rejected, patient.status().rejected
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", WriterWarning)
            getattr(patient, method)(*arguments)
            patient.flush()
        is_refused = patient._rejected > at_call
        with warnings.catch_warnings(), ExitStack() as stack:
            warnings.simplefilter("ignore", WriterWarning)  # of values that are clipped
            if is_refused:
                stack.enter_context(pytest.raises(Exception, match=r"|."))
            getattr(strict, method)(*arguments)
        if not is_refused and patient.status().rejected > in_all:
            # What only an encoder can find out follows at the next call.
            with pytest.raises(Exception, match=r"|."):
                strict.flush()
        strict.flush()
        strict.add_scalar("good", float(number), number)
        refused += is_refused
    patient.close()
    strict.close()
    assert refused > rounds / 4
    assert reader.scalars(tmp_path / "strict")["good"] == [(number, float(number)) for number in range(rounds)]
    assert len(reader.read_run(tmp_path / "strict")) == rounds + len(reader.read_run(tmp_path / "patient"))
