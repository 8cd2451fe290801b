"""Hugging Face Trainer with report_to="tensorboard": scalars, and its arguments as text and hparams."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import torch
import transformers
from transformers import Trainer, TrainingArguments

OUT = Path(sys.argv[1])


class Model(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        out = self.layer(x)
        return {"loss": (out - labels).square().mean(), "logits": out}


def main() -> None:
    warnings.simplefilter("ignore")
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(OUT / "run")
    torch.manual_seed(0)
    rows = [{"x": torch.tensor([n, 1.0]), "labels": torch.tensor([n * 0.5])} for n in range(8)]
    arguments = TrainingArguments(
        output_dir="trained",
        report_to="tensorboard",
        max_steps=4,
        logging_steps=1,
        eval_strategy="steps",
        eval_steps=2,
        save_strategy="no",
        per_device_train_batch_size=2,
        use_cpu=True,
        disable_tqdm=True,
    )
    Trainer(Model(), arguments, train_dataset=rows, eval_dataset=rows).train()
    print(f"transformers {transformers.__version__}, torch {torch.__version__}")


main()
