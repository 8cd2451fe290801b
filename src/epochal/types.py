"""The field's words as types.

A run is a directory with event files, named by its path relative to the logdir ("." for the logdir itself);
a tag names a series in a run; a stem names a feature at every layer and equals the `plugin_name` in event
files where there is one. Names are text: bytes on disk that are not UTF-8 are escaped (see
`epochal.store.names`), so that distinct bytes stay distinct names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    RunName: TypeAlias = str
    TagName: TypeAlias = str
    #: int64, as logged: `global_step` in torch's signatures.
    Step: TypeAlias = int
    #: Seconds since the epoch, as logged; may be any float, NaN included.
    WallTime: TypeAlias = float
    #: Counts publications of one loader, from 0 (nothing published yet).
    Revision: TypeAlias = int

    StepColumn: TypeAlias = NDArray[np.int64]
    WallTimeColumn: TypeAlias = NDArray[np.float64]
    ValueColumn: TypeAlias = NDArray[np.float64]
    LaneColumn: TypeAlias = NDArray[np.uint16]
    MaskColumn: TypeAlias = NDArray[np.bool_]
    IndexColumn: TypeAlias = NDArray[np.int64]

#: How the reader learns of changes: by notification, by polling only, or not at all (reload interval 0).
Live = Literal["watching", "polling", "off"]

#: active: relative without idle gaps; relative_step: since the series' first step; tag: another tag's values.
XAxis = Literal["step", "relative", "wall_time", "active", "relative_step", "tag"]

SmoothingKind = Literal["none", "exponential", "time_weighted", "mean", "median"]

#: The features with data of their own in event files, in the order of the tabs.
STEMS = (
    "scalars",
    "images",
    "audio",
    "video",
    "graphs",
    "histograms",
    "text",
    "pr_curves",
    "projector",
    "hparams",
    "mesh",
    "custom_scalars",
)
