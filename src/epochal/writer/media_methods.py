"""The methods of SummaryWriter that log what people look at or listen to: images, figures, video, audio."""

from __future__ import annotations

from functools import partial
from typing import Any

from epochal.writer.arguments import as_tag
from epochal.writer.logging_base import LoggingBase
from epochal.writer.warnings import WarnOnce


class MediaMethods(LoggingBase):
    """Part of SummaryWriter."""

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
        *,
        rescale: str | None = None,
    ) -> None:
        """Log an image: uint8 and uint16 as they are, other dtypes as 0…1; 1, 2 (grey + alpha), 3 or 4 channels.

        dataformats: the order of the axes, such as "CHW", "HWC", "HW", or "NCHW" for a batch (see add_images).
        rescale: "minmax" maps the values' own range to black…white; without it those outside of 0…1 are clipped,
        with one warning per tag.
        """
        self._add_image("add_image", tag, img_tensor, global_step, walltime, dataformats, rescale)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
        *,
        rescale: str | None = None,
    ) -> None:
        """Log a batch of images with 1 or 3 channels, as one grid of 8 columns.

        rescale: as for `add_image`; the range is that of the whole batch.
        """
        self._add_image("add_images", tag, img_tensor, global_step, walltime, dataformats, rescale)

    def _add_image(
        self,
        method: str,
        tag: str,
        image: Any,
        global_step: Any,
        walltime: Any,
        dataformats: str,
        rescale: str | None = None,
    ) -> None:
        from epochal.summaries.images import check_image, encode_image_value, load_encoder

        load_encoder()
        torch_layout, warn = self._torch_layout, partial(warn_of_clipped_image, self._warn_once, _RESCALE)
        self._submit(
            method,
            tag,
            image,
            global_step,
            walltime,
            lambda array: check_image(array.shape, dataformats, rescale),
            lambda array: encode_image_value(tag, array, dataformats, torch_layout, rescale, warn),
        )

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: Any = None,
    ) -> None:
        """Log an image with red boxes drawn on it.

        box_tensor: [n, 4] of xmin, ymin, xmax, ymax in pixels of the image. rescale: enlarge the drawn image.
        labels: n strings; another number of them is not drawn.
        """
        from epochal.summaries.image_boxes import check_boxes, encode_boxes_value, load_drawing

        load_drawing()
        try:
            names = [labels] if isinstance(labels, str) else [str(name) for name in labels or ()]
        except Exception as error:  # noqa: BLE001 - iterating over any object
            self._reject("add_image_with_boxes", tag, error)
            return
        torch_layout, warn = (
            self._torch_layout,
            partial(warn_of_clipped_image, self._warn_once, RESCALE_YOURSELF),
        )
        self._submit_all(
            "add_image_with_boxes",
            tag,
            (img_tensor, box_tensor),
            global_step,
            walltime,
            lambda image, boxes: check_boxes(image.shape, boxes.shape, dataformats, rescale),
            lambda image, boxes: (
                encode_boxes_value(tag, image, boxes, names, dataformats, rescale, torch_layout, warn),
            ),
        )

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: Any = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Log a matplotlib figure, or a list of equal-sized ones as one grid, and close it unless told not to."""
        from epochal.summaries.figures import close_figures, draw_figures

        try:
            pixels, dataformats = draw_figures(figure)
            if close:
                close_figures(figure)
        except Exception as error:  # noqa: BLE001 - drawing runs a user's own artists
            self._reject("add_figure", tag, error)
            return
        self._add_image("add_figure", tag, pixels, global_step, walltime, dataformats)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: Any = None,
        fps: float = 4,
        walltime: float | None = None,
        *,
        dataformats: str = "NTCHW",
    ) -> None:
        """Log a video: frames of shape [N, T, C, H, W] as an animated GIF among the images, or an encoded file.

        vid_tensor: uint8 as it is, uint16 by its upper byte, other dtypes as 0…1 (those outside are clipped,
        with one warning per tag), with 1 or 3 channels; the N videos are tiled. Or the
        bytes of an MP4 or WebM file, which Epochal plays and TensorBoard ignores. dataformats: the order of the
        five axes.
        """
        from epochal.summaries import video

        if isinstance(vid_tensor, (bytes, bytearray, memoryview)):
            try:
                step, wall_time = self._step(global_step, tag), self._wall_time(walltime)
                value = video.encode_video_file_value(as_tag(tag), bytes(vid_tensor))
            except Exception as error:  # noqa: BLE001 - whatever an object makes of int() and float()
                self._reject("add_video", tag, error)
                return
            self._note_step(tag, step)
            self._submit_value(tag, value, step, wall_time)
            return
        video.load_encoder()
        torch_layout, warn = (
            self._torch_layout,
            partial(warn_of_clipped_image, self._warn_once, RESCALE_YOURSELF),
        )
        self._submit(
            "add_video",
            tag,
            vid_tensor,
            global_step,
            walltime,
            lambda array: video.check_frames(video.order_axes(array, dataformats).shape, fps),
            lambda array: video.encode_frames_value(
                tag, video.order_axes(array, dataformats), fps, torch_layout, warn
            ),
        )

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: Any = None,
        sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """Log sound as a 16-bit WAV file.

        snd_tensor: [L] or [1, L] mono, or [L, 2] stereo, with samples in -1…1; others are clipped, with one
        warning. sample_rate in hertz.
        """
        from epochal.summaries.audio import check_audio, encode_audio_value

        self._submit(
            "add_audio",
            tag,
            snd_tensor,
            global_step,
            walltime,
            lambda array: check_audio(array.shape, sample_rate),
            lambda array: encode_audio_value(tag, array, sample_rate, self._warn_of_clipping),
        )

    def _warn_of_clipping(self, tag: str, low: float, high: float) -> None:
        self._warn_once.warn(
            f"clipped {tag}", f"{tag!r}: audio samples from {low:g} to {high:g} are clipped to -1…1"
        )


_RESCALE = 'rescale="minmax" maps their range instead'
RESCALE_YOURSELF = "divide them by their greatest value, or pass uint8"


def warn_of_clipped_image(
    warn_once: WarnOnce, advice: str, tag: str, low: float, high: float, share: float
) -> None:
    """Say so once for each tag."""
    # Given no writer: a value that waits to be encoded must not keep one alive.
    warn_once.warn(
        f"clipped image {tag}",
        f"{tag!r}: image values from {low:g} to {high:g} are taken as 0…1, and {share:.1%} of them clipped; "
        f"{advice}",
    )
