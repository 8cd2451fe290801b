"""The method of SummaryWriter that logs embeddings. They are files beside the event file, not events."""

from __future__ import annotations

import os
from typing import Any

from epochal.writer.arguments import as_tag
from epochal.writer.logging_base import LoggingBase
from epochal.writer.media_methods import RESCALE_YOURSELF, warn_of_clipped_image


class EmbeddingMethods(LoggingBase):
    """Part of SummaryWriter."""

    def add_embedding(
        self,
        mat: Any,
        metadata: Any = None,
        label_img: Any = None,
        global_step: Any = None,
        tag: str = "default",
        metadata_header: Any = None,
    ) -> None:
        """Log vectors for the projector.

        mat: [points, dimensions]. metadata: a label per point; with a metadata_header of column names, a row of
        cells per point. label_img: [points, 1 or 3, height, width], a picture per point.
        """
        from epochal.summaries import projector
        from epochal.summaries.arrays import to_numpy
        from epochal.summaries.images import find_clipping, load_encoder
        from epochal.writer import projector_config

        try:
            subdirectory = projector.make_subdirectory(self._step(global_step, tag), as_tag(tag))
            tensor_name = projector.make_tensor_name(self._step(global_step, tag), tag)
            labels = None if metadata is None else list(metadata)
            header = None if not metadata_header else list(metadata_header)
            arrays = [to_numpy(mat)] + ([] if label_img is None else [to_numpy(label_img)])
            pictures_shape = None if label_img is None else arrays[1][0].shape
            projector.check_embedding(arrays[0][0].shape, labels, pictures_shape, header)
        except Exception as error:  # noqa: BLE001 - whatever a foreign array type raises
            self._reject("add_embedding", tag, error)
            return
        load_encoder()
        self._note_step(tag, self._step(global_step, tag))
        run, torch_layout, warn_once = self.file_writer.directory, self._torch_layout, self._warn_once

        def write(matrix: Any, pictures: Any = None) -> tuple[()]:
            files = {projector.TENSORS_NAME: projector.encode_tensors(matrix)}
            if labels is not None:
                files[projector.METADATA_NAME] = projector.encode_labels(labels, header)
            if pictures is not None:
                clipped = find_clipping(pictures, torch_layout)
                if clipped is not None:
                    warn_of_clipped_image(warn_once, RESCALE_YOURSELF, tag, *clipped)
                files[projector.SPRITE_NAME] = projector.encode_sprite(pictures, torch_layout)
            directory = os.path.join(run, *subdirectory.split("/"))
            os.makedirs(directory, exist_ok=True)
            for name, data in files.items():
                projector_config.replace_file(os.path.join(directory, name), data)
            paths = {name: f"{subdirectory}/{name}" for name in files}
            projector_config.add_embedding(
                run,
                projector.Embedding(
                    tensor_name,
                    paths[projector.TENSORS_NAME],
                    paths.get(projector.METADATA_NAME),
                    paths.get(projector.SPRITE_NAME),
                    (0, 0) if pictures is None else (pictures.shape[3], pictures.shape[2]),
                ),
            )
            return ()

        try:
            self.file_writer.submit(tag, arrays, write)
        except MemoryError as error:
            self._reject("add_embedding", tag, error)
