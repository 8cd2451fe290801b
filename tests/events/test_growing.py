"""Reading a file in any chunks gives what reading it at once gives."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import pytest

from epochal.events.messages import encode_image, encode_metadata, encode_value


def make_file(logs: Any, rng: random.Random) -> bytes:
    records = [logs.version()]
    for step in range(rng.randrange(1, 40)):
        kind = rng.random()
        if kind < 0.7:
            records.append(logs.scalar(f"tag{rng.randrange(4)}", step, step / 2))
        elif kind < 0.9:
            image = encode_image(1, 1, 3, rng.randbytes(rng.randrange(500)))
            records.append(logs.values(step, encode_value("i", image=image, metadata=encode_metadata("images"))))
        elif kind < 0.95:
            records.append(
                logs.values(step, encode_value("big", image=encode_image(1, 1, 3, rng.randbytes(70_000))))
            )
        else:
            records.append(rng.randbytes(rng.randrange(1, 60)))  # damage
    return b"".join(records)


# The twin is slow: a few seeds show that it follows the same rules.
SEEDS = [("native", seed) for seed in range(40)] + [("reference", seed) for seed in range(4)]


@pytest.mark.parametrize(("core", "seed"), SEEDS, indirect=["core"])
def test_random_chunks(core: ModuleType, logs: Any, seed: int) -> None:
    rng = random.Random(seed)
    data = make_file(logs, rng)
    expected = logs.state(logs.decode(core, data))
    for _ in range(25 if core.__name__ == "epochal._core" else 1):
        decoder = core.EventDecoder()
        position = 0
        while position < len(data):
            position = min(len(data), position + rng.choice((1, 7, 50, 5000, 100_000)))
            base = rng.randrange(decoder.offset + 1)
            decoder.decode_bytes(memoryview(data)[base:position], base)
        assert logs.state(decoder) == expected
