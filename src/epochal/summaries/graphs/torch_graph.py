"""A torch module → graph nodes, by tracing it once; names and attributes as torch's own writer gives them.

Tracing inlines every submodule, so the trace is one flat list of operations, each with the path of attribute
names that led to it ("__module.encoder/__module.encoder.0"). Names of nodes are made of it:
`Net/Linear[encoder]/12` is value 12, made within the Linear that Net calls `encoder`.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from epochal.summaries.graphs.graph_def import GraphNode, encode_shapes_attr, encode_text_attr

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEVICE = "/device:CPU:0"
"""What torch's writer says whatever device the model is on; a trace does not tell."""

ModuleNames: TypeAlias = dict[str | None, str]

_GET_ATTRIBUTE = "prim::GetAttr"
_MODULE_KIND = "ClassType"
_ROOT = "__module"


class _Value:
    """What becomes a node: an input, an output, or a value that an operation makes."""

    def __init__(
        self, name: str, kind: str, inputs: Sequence[str], shape: Sequence[int] | None, attributes: str, scope: str
    ) -> None:
        self.name = name
        self.kind = kind
        self.inputs = inputs
        self.shape = shape
        self.attributes = attributes
        self.scope = scope


def trace_torch_graph(
    model: Any, input_to_model: Any, verbose: bool = False, use_strict_trace: bool = True
) -> list[GraphNode]:
    """Run `model` once in eval mode and return the graph of what it did.

    Raises TypeError for what is no torch module, and whatever tracing raises, RuntimeError mostly.
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, (torch.nn.Module, torch.jit.ScriptFunction)):
        raise TypeError(f"{type(model).__name__} is not a torch module")
    with _eval_mode(model):
        # The check would run the model twice more, and refuse one that is not the same each time.
        trace: Any = torch.jit.trace(model, input_to_model, strict=use_strict_trace, check_trace=False)
        graph = trace.graph
        torch._C._jit_pass_inline(graph)
    if verbose:
        print(graph)
    return _list_nodes(graph, _module_names(torch, trace))


@contextmanager
def _eval_mode(model: Any) -> Iterator[None]:
    """Dropout and the like would otherwise be part of the graph. Each submodule gets its own mode back."""
    modes = [(module, module.training) for module in model.modules()] if hasattr(model, "modules") else []
    if modes:
        model.train(False)
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _module_names(torch: Any, trace: Any) -> ModuleNames:
    """Attribute path → shown name, such as "__module.encoder" → "Linear[encoder]"; None → the root's class."""

    def class_name(module: Any) -> str:
        if isinstance(module, torch.jit.TracedModule):
            return str(module._name)
        return str(getattr(module, "original_name", "Module"))

    names: ModuleNames = {None: class_name(trace)}
    if hasattr(trace, "named_modules"):
        for path, module in trace.named_modules(prefix=_ROOT):
            names[path] = f"{class_name(module)}[{path.rpartition('.')[2]}]"
    return names


def _list_nodes(graph: Any, module_names: ModuleNames) -> list[GraphNode]:
    ends = _read_ends(graph)
    made = _read_operations(graph, module_names)
    # What nothing in the trace makes, such as an unused end, is named after the last place that reads it.
    names = {source: f"{value.scope}/{source}" for value in made for source in value.inputs}
    names |= {value.name: f"{value.scope}/{value.name}" for value in [*ends, *made]}
    return [
        GraphNode(
            names[value.name],
            value.kind,
            [names[source] for source in value.inputs],
            {"attr": encode_text_attr(value.attributes)}
            | ({} if value.shape is None else {"_output_shapes": encode_shapes_attr([value.shape])}),
        )
        for value in _last_of_each_name([*ends, *made])
    ]


def _last_of_each_name(values: list[_Value]) -> Iterator[_Value]:
    return iter({value.name: value for value in values}.values())


def _read_ends(graph: Any) -> list[_Value]:
    """The inputs that are used, without the module itself, and the outputs, numbered from 1."""
    ends = [
        _Value(value.debugName(), "IO Node", [], _end_shape(value), "", "input")
        for value in graph.inputs()
        if value.uses() and value.type().kind() != _MODULE_KIND
    ]
    for number, value in enumerate(graph.outputs(), 1):
        ends.append(_Value(f"output.{number}", "IO Node", [value.debugName()], _end_shape(value), "", "output"))
    return ends


def _end_shape(value: Any) -> Sequence[int] | None:
    try:
        shape: Sequence[int] | None = value.type().sizes()
    except RuntimeError:
        return [1]  # no tensor; torch's writer says so too
    return shape


def _read_operations(graph: Any, module_names: ModuleNames) -> list[_Value]:
    made = []
    attribute_paths: dict[str, str] = {}
    for node in graph.nodes():
        path = node.scopeName()
        if node.kind() == _GET_ATTRIBUTE:
            path = _attribute_path(node, attribute_paths)
            attribute_paths[node.output().debugName()] = path
            if node.output().type().kind() == _MODULE_KIND:
                continue  # a submodule: the scopes of its operations name it
        scope = _make_scope(path, module_names)
        attributes = {name: getattr(node, node.kindOf(name))(name) for name in node.attributeNames()}
        # TensorBoard's page cannot show single quotes in attributes.
        text = str(attributes).replace("'", " ")
        inputs = [value.debugName() for value in node.inputs()]
        for value in node.outputs():
            shape = value.type().sizes() if value.isCompleteTensor() else None
            made.append(_Value(value.debugName(), node.kind(), inputs, shape, text, scope))
    return made


def _attribute_path(node: Any, attribute_paths: dict[str, str]) -> str:
    """The path of a parameter or submodule: its owner's, and the attribute's name."""
    owner = node.input().node()
    if owner.kind() != _GET_ATTRIBUTE:
        return f"{_ROOT}.{node.s('name')}"
    owner_path = attribute_paths[owner.output().debugName()]
    return f"{owner_path}/{owner_path.rpartition('/')[2]}.{node.s('name')}"


def _make_scope(path: str, module_names: ModuleNames) -> str:
    parts = [module_names.get(part) or part.rpartition(".")[2] for part in path.split("/")]
    return "/".join([module_names[None], *parts]) if any(parts) else module_names[None]
