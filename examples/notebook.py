"""Cells of a notebook (Jupyter, Colab, VS Code): the app in a cell, live while the next cell trains.

In a notebook the first cell is usually two magics, `%load_ext epochal` and `%epochal --logdir runs`. As a
script this prints an address instead.
"""

# %% The app, here
import time

from epochal import SummaryWriter, notebook

if __name__ == "__main__":
    notebook.show("runs")

# %% Training; watch the cell above
if __name__ == "__main__":
    with SummaryWriter("runs/notebook") as writer:
        for step in range(100):
            writer.add_scalar("loss", 1 / (1 + step), step)
            time.sleep(0.05)
