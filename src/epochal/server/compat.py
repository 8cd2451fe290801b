"""TensorBoard's read routes under /data, with TensorBoard's JSON, for scripts that already use them.

Here are those of the whole logdir; compat_<stem>.py has those of each kind of data. NaN and the infinities are
strings there ("NaN", "Infinity", "-Infinity"): JSON has no such numbers. Other than TensorBoard's, the answers
hold every point; `sample` thins them out, `superseded` adds what a restart replaced. docs/http.md lists all
differences.
"""

from __future__ import annotations

import msgspec

from epochal._version import __version__
from epochal.query.compat_plugins import find_active_plugins
from epochal.query.runs import order_by_start
from epochal.server.endpoint import Context, NoParams


class Environment(msgspec.Struct, frozen=True):
    """What `/data/environment` says; the fields that TensorBoard fills from its service are empty, as there."""

    version: str
    data_location: str
    window_title: str
    experiment_name: str = ""
    experiment_description: str = ""
    creation_time: float = 0


class LogdirResult(msgspec.Struct, frozen=True):
    """The absolute path of the logdir."""

    logdir: str


class WindowProperties(msgspec.Struct, frozen=True):
    """The title that the server was started with."""

    window_title: str


class Notifications(msgspec.Struct, frozen=True):
    """There are none."""

    notifications: list[str] = []


class LoadingMechanism(msgspec.Struct, frozen=True):
    """TensorBoard's page loads a plugin's page by it; Epochal's needs nothing of the kind."""

    type: str = "NONE"


class PluginEntry(msgspec.Struct, frozen=True):
    """A plugin of `/data/plugins_listing`. `enabled`: the logdir has data for it."""

    enabled: bool
    tab_name: str
    disable_reload: bool = False
    remove_dom: bool = False
    loading_mechanism: LoadingMechanism = LoadingMechanism()


# In TensorBoard's order, with its names.
_TABS = {
    "timeseries": "Time Series",
    "scalars": "scalars",
    "custom_scalars": "Custom Scalars",
    "images": "images",
    "audio": "audio",
    "graphs": "graphs",
    "distributions": "distributions",
    "histograms": "histograms",
    "text": "text",
    "pr_curves": "PR Curves",
    "hparams": "hparams",
    "mesh": "mesh",
    "projector": "projector",
}
_NOT_RELOADED = ("graphs", "projector")


def get_runs(context: Context, _: NoParams) -> list[str]:
    """Run names by first event, then name."""
    return order_by_start(context.snapshot)


def get_environment(context: Context, _: NoParams) -> Environment:
    """Where the data are, and who serves them."""
    return Environment(f"Epochal {__version__}", context.snapshot.logdir, context.config.window_title)


def get_logdir(context: Context, _: NoParams) -> LogdirResult:
    """Where the data are."""
    return LogdirResult(context.snapshot.logdir)


def get_window_properties(context: Context, _: NoParams) -> WindowProperties:
    """How the window is titled."""
    return WindowProperties(context.config.window_title)


def get_plugins(context: Context, _: NoParams) -> dict[str, PluginEntry]:
    """The plugins that Epochal answers for."""
    active = find_active_plugins(context.snapshot)
    return {
        name: PluginEntry(name in active, tab, disable_reload=name in _NOT_RELOADED) for name, tab in _TABS.items()
    }


def get_experiments(context: Context, _: NoParams) -> list[str]:
    """None: TensorBoard fills this from its service only, `/data/experiment_runs` too."""
    return []


def get_notifications(context: Context, _: NoParams) -> Notifications:
    """None."""
    return Notifications()
