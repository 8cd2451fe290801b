"""A torch training loop. Coming from TensorBoard, the import is all that changes.

Run `pip install torch; python examples/torch_training.py`, then `epochal runs`.
"""

from __future__ import annotations

import torch
from torch import nn

from epochal import SummaryWriter  # was: from torch.utils.tensorboard import SummaryWriter

EPOCHS = 200


def main() -> None:
    torch.manual_seed(0)
    inputs = torch.rand(512, 2) * 2 - 1
    labels = (inputs.norm(dim=1) < 0.7).float()  # inside a circle or not
    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    loss_of = nn.BCEWithLogitsLoss()

    writer = SummaryWriter("runs/torch")
    for epoch in range(EPOCHS):
        logits = model(inputs).squeeze(1)
        loss = loss_of(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

        # Tensors go in as they are: on any device, with their gradient.
        writer.add_scalar("train/loss", loss, epoch)
        writer.add_scalar("train/accuracy", ((logits > 0) == (labels > 0.5)).float().mean(), epoch)
        if epoch % 10 == 0:
            for name, parameter in model.named_parameters():
                writer.add_histogram(f"weights/{name}", parameter, epoch)
                writer.add_histogram(f"gradients/{name}", parameter.grad, epoch)
            writer.add_image("decision", decision_of(model), epoch)
    writer.close()


def decision_of(model: nn.Module) -> torch.Tensor:
    """What the model says about each point of the square: 1 × 64 × 64, in 0…1."""
    axis = torch.linspace(-1, 1, 64)
    points = torch.cartesian_prod(axis, axis)
    with torch.no_grad():
        return torch.sigmoid(model(points)).reshape(1, 64, 64)


if __name__ == "__main__":
    main()
