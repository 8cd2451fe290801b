"""Which graphs TensorBoard would offer (tensorboard/plugins/graph/graphs_plugin.py, `info_impl`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from epochal.query.compat_tags import iter_runs
from epochal.store.tags import RUN_GRAPH

if TYPE_CHECKING:
    from epochal.store.snapshot import Snapshot
    from epochal.store.tags import Tag


class GraphFacts(NamedTuple):
    """What a tag of a run has: the graph of a Keras model, one of operations, times and memory of a step."""

    conceptual_graph: bool
    op_graph: bool
    profile: bool


class RunGraphs(NamedTuple):
    """`run_graph`: the run has a graph of its own, besides those of its tags."""

    tags: dict[str, GraphFacts]
    run_graph: bool


def list_graphs(snapshot: Snapshot) -> dict[str, RunGraphs]:
    """All graphs by run, runs without any left out."""
    listed = {}
    for run, tags in iter_runs(snapshot, "graphs"):
        named = {tag.name: facts for tag in tags if (facts := _find_facts(tag)) is not None}
        run_graph = any(tag.name == RUN_GRAPH for tag in tags)
        if named or run_graph:
            listed[run] = RunGraphs(named, run_graph)
    return listed


def _find_facts(tag: Tag) -> GraphFacts | None:
    if tag.meta.kind == "run_metadata":
        return GraphFacts(False, False, True)
    if tag.meta.content != b"1":  # the only version there has been
        return None
    plugin_name = tag.meta.plugin_name
    if plugin_name == "graph_run_metadata":
        return GraphFacts(False, True, True)
    if plugin_name == "graph_run_metadata_graph":
        return GraphFacts(False, True, False)
    return GraphFacts(True, False, False) if plugin_name == "graph_keras_model" else None
