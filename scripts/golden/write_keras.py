"""Keras' TensorBoard callback (TensorFlow backend) and the hparams plugin's KerasCallback."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from tensorboard.plugins.hparams import api as hp

OUT = Path(sys.argv[1])


def main() -> None:
    keras.utils.set_random_seed(0)
    x = np.arange(16).reshape(8, 2) % 5
    y = np.linspace(0, 1, 8)
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Embedding(5, 3, name="words"),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
    board = keras.callbacks.TensorBoard(
        str(OUT / "fit"),
        histogram_freq=1,
        write_images=True,
        write_steps_per_second=True,
        update_freq=1,
        embeddings_freq=1,
        embeddings_metadata={"words": "words.tsv"},
    )
    hparams = hp.KerasCallback(str(OUT / "hparams"), {"units": 1, "rate": 0.5, "opt": "sgd"}, trial_id="trial")
    data = {"validation_data": (x, y), "batch_size": 4, "epochs": 2, "verbose": 0}
    model.fit(x, y, callbacks=[board, hparams], **data)
    for weights in OUT.rglob("*.h5"):
        weights.unlink()
    print(f"Keras {keras.__version__}, TensorFlow {tf.__version__}")


main()
