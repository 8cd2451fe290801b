"""GET /api/projector: which embeddings there are, and in which files, as the projector's configurations say.

Source: tensorboard/plugins/projector/projector_config.proto, in protobuf's text format
(https://protobuf.dev/reference/protobuf/textformat-spec/), as much of it as such files use.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from epochal.store.projector_files import find_asset, read_projector_configs, read_tensor_shape

if TYPE_CHECKING:
    from epochal.store.snapshot import Snapshot

#: A message in text format: the values of each field in order; text for scalars, messages nested.
TextMessage: TypeAlias = "dict[str, list[str | TextMessage]]"

_TOKEN = re.compile(
    r"""(?P<space>[\s,;]+|\#[^\n]*)|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"""|(?P<word>[\w.+-]+)|(?P<mark>[{}<>:\[\]])"""
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_MAX_DEPTH = 32


class EmbeddingConfig(msgspec.Struct, frozen=True):
    """One embedding. Paths are as written, relative to the configuration's folder; empty where not given.

    `tensor_shape` is needed for tensors stored as raw numbers; `sprite_size` is one picture's width and height.
    """

    tensor_name: str
    tensor_path: str = ""
    metadata_path: str = ""
    bookmarks_path: str = ""
    tensor_shape: tuple[int, ...] = ()
    sprite_path: str = ""
    sprite_size: tuple[int, ...] = ()


class EmbeddingEntry(msgspec.Struct, frozen=True):
    """An embedding of a run.

    `shape` is [points, dimensions] of its tensor's file; null without one that can be read (Keras names a variable
    of a checkpoint). `metadata` and `sprite`: whether there are such files; `sprite_size` is one picture's width
    and height.
    """

    run: str
    name: str
    shape: tuple[int, int] | None
    metadata: bool
    sprite: bool
    sprite_size: list[int]


class ProjectorResult(msgspec.Struct, frozen=True):
    """All embeddings, by run, then as configured; of several of one name in a run, the first."""

    revision: int
    embeddings: list[EmbeddingEntry]


def list_embeddings(snapshot: Snapshot) -> ProjectorResult:
    """All embeddings of a snapshot's runs, by looking at the files beside the event files now."""
    entries: dict[tuple[str, str], EmbeddingEntry] = {}
    for run in snapshot.runs.values():
        for folder, text in read_projector_configs(run.path):
            try:
                configs = parse_projector_config(text)
            except ValueError:
                continue
            for config in configs:
                if (run.name, config.tensor_name) not in entries:
                    entries[run.name, config.tensor_name] = _make_entry(run.name, folder, config)
    return ProjectorResult(snapshot.revision, list(entries.values()))


def _make_entry(run: str, folder: str, config: EmbeddingConfig) -> EmbeddingEntry:
    tensor = find_asset(folder, config.tensor_path)
    return EmbeddingEntry(
        run=run,
        name=config.tensor_name,
        shape=read_tensor_shape(tensor, config.tensor_shape) if tensor is not None else None,
        metadata=find_asset(folder, config.metadata_path) is not None,
        sprite=find_asset(folder, config.sprite_path) is not None,
        sprite_size=list(config.sprite_size),
    )


def parse_projector_config(text: str) -> list[EmbeddingConfig]:
    """The embeddings of a projector_config.pbtxt in order. ValueError if it is not in text format."""
    return [_make_embedding(entry) for entry in _messages(parse_text_message(text), "embeddings")]


def _make_embedding(entry: TextMessage) -> EmbeddingConfig:
    sprite = (_messages(entry, "sprite") or [{}])[-1]
    return EmbeddingConfig(
        _text(entry, "tensor_name"),
        _text(entry, "tensor_path"),
        _text(entry, "metadata_path"),
        _text(entry, "bookmarks_path"),
        _numbers(entry, "tensor_shape"),
        _text(sprite, "image_path"),
        _numbers(sprite, "single_image_dim"),
    )


def _messages(message: TextMessage, field: str) -> list[TextMessage]:
    return [value for value in message.get(field, []) if isinstance(value, dict)]


def _text(message: TextMessage, field: str) -> str:
    values = [value for value in message.get(field, []) if isinstance(value, str)]
    return values[-1] if values else ""


def _numbers(message: TextMessage, field: str) -> tuple[int, ...]:
    values = (value for value in message.get(field, []) if isinstance(value, str))
    return tuple(int(value) for value in values if value.isdecimal() and len(value) < 10)


def parse_text_message(text: str) -> TextMessage:
    """A message in protobuf's text format. ValueError if it is none."""
    tokens = _tokenise(text)
    message, end = _parse_fields(tokens, 0, "", 0)
    if end != len(tokens):
        raise ValueError(f"{tokens[end][1]!r} without a beginning")
    return message


def _tokenise(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    literal: list[str] = []  # adjacent string literals are one
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"unexpected {text[position]!r} at character {position}")
        kind, token = match.lastgroup or "", match[0]
        position = match.end()
        if kind == "string":
            literal.append(_unquote(token))
        elif kind != "space":
            if literal:
                tokens.append(("string", "".join(literal)))
                literal = []
            tokens.append((kind, token))
    if literal:
        tokens.append(("string", "".join(literal)))
    return tokens


def _parse_fields(tokens: list[tuple[str, str]], at: int, closing: str, depth: int) -> tuple[TextMessage, int]:
    """The fields up to the closing mark (or the end), and the position after it."""
    if depth > _MAX_DEPTH:
        raise ValueError("messages nested too deeply")
    message: TextMessage = {}
    while at < len(tokens):
        kind, name = tokens[at]
        if kind == "mark" and name == closing:
            return message, at + 1
        if kind != "word":
            break
        at += 1
        if tokens[at : at + 1] == [("mark", ":")]:
            at += 1
        is_list = tokens[at : at + 1] == [("mark", "[")]
        at += is_list
        while True:
            if tokens[at : at + 1] == [("mark", "]")] and is_list:
                break
            value, at = _parse_value(tokens, at, depth)
            message.setdefault(name, []).append(value)
            if not is_list:
                break
        at += is_list
    if closing:
        raise ValueError(f"a message without its {closing!r}")
    return message, at


def _parse_value(tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[str | TextMessage, int]:
    if at >= len(tokens):
        raise ValueError("a field without a value")
    kind, token = tokens[at]
    if kind != "mark":
        return token, at + 1
    if token not in "{<":
        raise ValueError(f"unexpected {token!r}")
    return _parse_fields(tokens, at + 1, "}" if token == "{" else ">", depth + 1)


def _unquote(literal: str) -> str:
    """The text of a string literal; escapes stand for bytes of UTF-8."""

    def replace(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes([int(match[1], 8) & 0xFF])
        if match[2]:
            return bytes([int(match[2], 16)])
        return _NAMED.get(match[3], match[3])

    return _ESCAPE.sub(replace, literal[1:-1].encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
