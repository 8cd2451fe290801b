"""The methods of SummaryWriter that log arrays as data: histograms, tensors, curves, meshes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from epochal.summaries.scalars import as_float
from epochal.writer.arguments import as_tag
from epochal.writer.logging_base import LoggingBase

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class ArrayMethods(LoggingBase):
    """Part of SummaryWriter."""

    _default_bins: list[float] | None = None

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Log the distribution of `values`, of any shape; NaN and infinite ones are counted apart.

        bins: "tensorflow", or what `numpy.histogram` takes. max_bins: merge buckets beyond about this many.
        """
        from epochal.summaries.histograms import check_bins, encode_histogram_value

        if self._default_bins is not None and isinstance(bins, str) and bins == "tensorflow":
            bins = self._default_bins
        self._submit(
            "add_histogram",
            tag,
            values,
            global_step,
            walltime,
            lambda array: check_bins(bins, max_bins),
            partial(encode_histogram_value, tag, bins=bins, max_bins=max_bins, torch_layout=self._torch_layout),
        )

    @property
    def default_bins(self) -> list[float]:
        """The edges that `bins="tensorflow"` stands for; may be set."""
        from epochal.summaries.histograms import default_bins

        return list(default_bins()) if self._default_bins is None else self._default_bins

    @default_bins.setter
    def default_bins(self, edges: Any) -> None:
        self._default_bins = list(edges)

    def add_histogram_raw(
        self,
        tag: str,
        min: float,
        max: float,
        num: float,
        sum: float,
        sum_squares: float,
        bucket_limits: Any,
        bucket_counts: Any,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log a histogram that is counted already: bucket_counts[i] values up to bucket_limits[i]."""
        from epochal.summaries.histograms import are_few_numbers, check_buckets, encode_raw_histogram_value

        try:
            statistics = (as_float(min), as_float(max), as_float(num), as_float(sum), as_float(sum_squares))
            if are_few_numbers(bucket_limits) and are_few_numbers(bucket_counts):
                check_buckets((len(bucket_limits),), (len(bucket_counts),))
                value = encode_raw_histogram_value(as_tag(tag), statistics, bucket_limits, bucket_counts)
                step, wall_time = self._step(global_step, tag), self._wall_time(walltime)
                self._note_step(tag, step)
                self._submit_value(tag, value, step, wall_time)
                return
        except Exception as error:  # noqa: BLE001 - whatever an object makes of float()
            self._reject("add_histogram_raw", tag, error)
            return
        self._submit_all(
            "add_histogram_raw",
            tag,
            (bucket_limits, bucket_counts),
            global_step,
            walltime,
            lambda limits, counts: check_buckets(limits.shape, counts.shape),
            lambda limits, counts: (
                encode_raw_histogram_value(
                    tag, statistics, limits.astype(float).tolist(), counts.astype(float).tolist()
                ),
            ),
        )

    def add_tensor(self, tag: str, tensor: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Log a whole tensor, of any shape and dtype, complex ones included."""
        from epochal.summaries.arrays import find_array
        from epochal.summaries.tensors import check_tensor, encode_tensor_value, is_bfloat16

        bfloat16 = is_bfloat16(tensor)
        self._submit_all(
            "add_tensor",
            tag,
            (tensor,),
            global_step,
            walltime,
            check_tensor,
            lambda array: (encode_tensor_value(tag, array, bfloat16),),
            find_array,
        )

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log the precision-recall curve of a binary classifier.

        labels: true or false per element. predictions: its probability of being true, in 0…1. num_thresholds:
        at most 127. weights: one number, or one per element.
        """
        from epochal.summaries import pr_curves

        def check(labels: Array, predictions: Array, weights: Array) -> None:
            pr_curves.check_curve(labels, predictions, num_thresholds)
            pr_curves.check_weights(weights, predictions)

        def encode(labels: Array, predictions: Array, weights: Array) -> tuple[bytes]:
            thresholds = min(int(num_thresholds), pr_curves.MAX_THRESHOLDS)
            outside = pr_curves.find_outside(predictions)
            if outside is not None:
                low, high, share = outside
                self._warn_once.warn(
                    f"predictions {tag}",
                    f"{tag!r}: {share:.1%} of the predictions, which go from {low:g} to {high:g}, are outside of "
                    "0…1, and only there does the curve have thresholds; pass probabilities",
                )
            curve = pr_curves.compute_curve(labels, predictions, weights, thresholds)
            return (pr_curves.encode_curve_value(tag, curve, thresholds),)

        values = (labels, predictions, 1.0 if weights is None else weights)
        self._submit_all("add_pr_curve", tag, values, global_step, walltime, check, encode)

    def add_pr_curve_raw(
        self,
        tag: str,
        true_positive_counts: Any,
        false_positive_counts: Any,
        true_negative_counts: Any,
        false_negative_counts: Any,
        precision: Any,
        recall: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log a precision-recall curve that is computed already: six rows of one length, one column per threshold.

        weights is taken for the sake of torch's signature and ignored, as there.
        """
        from epochal.summaries import pr_curves

        def check(*rows: Array) -> None:
            pr_curves.check_rows(*rows)
            pr_curves.check_thresholds(num_thresholds)

        def encode(*rows: Array) -> tuple[bytes]:
            import numpy as np

            thresholds = min(int(num_thresholds), pr_curves.MAX_THRESHOLDS)
            return (pr_curves.encode_curve_value(tag, np.stack(rows), thresholds),)

        rows = (
            *(true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts),
            *(precision, recall),
        )
        self._submit_all("add_pr_curve_raw", tag, rows, global_step, walltime, check, encode)

    def add_mesh(
        self,
        tag: str,
        vertices: Any,
        colors: Any = None,
        faces: Any = None,
        config_dict: Any = None,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log a batch of meshes, or of point clouds if there are no faces.

        vertices: [batch, n, 3] coordinates. colors: [batch, n, 3], floats in 0…1 or integers in 0…255. faces:
        [batch, m, 3] indices of vertices. config_dict: three.js classes and their settings.
        """
        from epochal.summaries import mesh

        try:
            json_config = mesh.encode_config(config_dict)
        except (TypeError, ValueError) as error:
            self._reject("add_mesh", tag, error)
            return
        parts = [(mesh.VERTEX, vertices), (mesh.FACE, faces), (mesh.COLOR, colors)]
        given = [(kind, part) for kind, part in parts if part is not None or kind == mesh.VERTEX]
        kinds = tuple(kind for kind, _ in given)
        torch_layout = self._torch_layout
        self._submit_all(
            "add_mesh",
            tag,
            [part for _, part in given],
            global_step,
            walltime,
            partial(mesh.check_mesh, kinds),
            lambda *arrays: mesh.encode_mesh_values(tag, kinds, arrays, json_config, torch_layout),
        )
