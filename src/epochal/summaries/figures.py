"""Matplotlib figures → pixels. On the caller's thread, because neither pyplot nor a figure is thread-safe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]


def draw_figures(figure: Any) -> tuple[Pixels, str]:
    """Draw one figure, or a list of equal-sized ones, with Agg.

    Returns (uint8 pixels, dataformats): RGB [height, width, 3] and "HWC", or for a list
    [n, height, width, 3] and "NHWC". TypeError for what is no figure, ValueError for unequal sizes.
    """
    import numpy as np

    if not isinstance(figure, (list, tuple)):
        return _draw(figure), "HWC"
    if not figure:
        raise ValueError("no figure in the list")
    drawn = [_draw(one) for one in figure]
    if any(pixels.shape != drawn[0].shape for pixels in drawn):
        raise ValueError("the figures of a list must have one size")
    return np.stack(drawn), "NHWC"


def close_figures(figure: Any) -> None:
    """Free the figures in pyplot, if pyplot is loaded at all: figures made without it need no closing."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        for one in figure if isinstance(figure, (list, tuple)) else [figure]:
            pyplot.close(one)


def _draw(figure: Any) -> Pixels:
    import numpy as np

    if not hasattr(figure, "savefig") or not hasattr(figure, "canvas"):
        raise TypeError(f"{type(figure).__name__} is not a matplotlib figure")
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    shown_on = figure.canvas
    try:
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        drawn: Pixels = np.asarray(canvas.buffer_rgba())
        rgb: Pixels = drawn[:, :, :3].copy()
        return rgb
    finally:
        # A canvas attaches itself to its figure; an interactive window must get its own back.
        figure.set_canvas(shown_on)
