"""An ONNX model → graph nodes, as torch's own writer gives them. Needs the package onnx to load a model."""

from __future__ import annotations

from typing import Any

from epochal.summaries.graphs.graph_def import GraphNode, encode_shape_attr, encode_text_attr, encode_type_attr


def list_onnx_nodes(graph: Any) -> list[GraphNode]:
    """List the nodes of an onnx GraphProto: its inputs and outputs, then its operations."""
    nodes = []
    for value in [*graph.input, *graph.output]:
        tensor = value.type.tensor_type
        shape = [dim.dim_value for dim in tensor.shape.dim]
        attrs = {"dtype": encode_type_attr(tensor.elem_type), "shape": encode_shape_attr(shape)}
        nodes.append(GraphNode(value.name, "Variable", [], attrs))
    for node in graph.node:
        parameters = [
            " = ".join(str(field[1]) for field in attribute.ListFields()) for attribute in node.attribute
        ]
        attrs = {"parameters": encode_text_attr(", ".join(parameters))}
        nodes.append(
            GraphNode(node.output[0] if node.output else node.name, node.op_type, list(node.input), attrs)
        )
    return nodes
