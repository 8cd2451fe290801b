"""/data/plugin/graphs/info: which graphs there are."""

from __future__ import annotations

import msgspec

from epochal.query.compat_graphs import list_graphs
from epochal.server.endpoint import Context, NoParams


class GraphTag(msgspec.Struct, frozen=True):
    """A tag with a graph of a Keras model, one of operations, or the times and memory of a step."""

    tag: str
    conceptual_graph: bool
    op_graph: bool
    profile: bool


class GraphRun(msgspec.Struct, frozen=True):
    """`run_graph`: the run has a graph of its own, besides those of its tags."""

    run: str
    tags: dict[str, GraphTag]
    run_graph: bool


def get_info(context: Context, _: NoParams) -> dict[str, GraphRun]:
    """run → its graphs, of the runs that have any."""
    return {
        run: GraphRun(run, {tag: GraphTag(tag, *facts) for tag, facts in graphs.tags.items()}, graphs.run_graph)
        for run, graphs in list_graphs(context.snapshot).items()
    }
