"""PyTorch Lightning's TensorBoardLogger in a real, tiny training run."""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path

import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import TensorBoardLogger

OUT = Path(sys.argv[1])


class Model(pl.LightningModule):
    def __init__(self, lr: float = 0.1, width: int = 3, name: str = "tiny", use_bias: bool = False) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.example_input_array = torch.zeros(1, 2)
        self.layer = torch.nn.Linear(2, 1, bias=use_bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)

    def training_step(self, batch: torch.Tensor, index: int) -> torch.Tensor:
        loss = self(batch).square().mean()
        self.log("train/loss", loss)
        return loss

    def validation_step(self, batch: torch.Tensor, index: int) -> None:
        self.log_dict({"val/loss": self(batch).abs().mean(), "hp_metric": 0.5})

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)


def main() -> None:
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    pl.seed_everything(0)
    batches = torch.utils.data.DataLoader([torch.ones(2) * n for n in range(6)], batch_size=2)
    for version in range(2):
        logger = TensorBoardLogger(str(OUT), name="model", version=version, log_graph=version == 0)
        trainer = pl.Trainer(
            max_epochs=2,
            logger=logger,
            log_every_n_steps=1,
            accelerator="cpu",
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(Model(lr=0.1 + version / 10), batches, batches)
        logger.log_metrics({"group": {"a": 1.0, "b": 2.0}}, step=3)
        logger.finalize("success")
    for file in OUT.rglob("hparams.yaml"):
        file.unlink()
    print(f"PyTorch Lightning {pl.__version__}, torch {torch.__version__}")


main()
