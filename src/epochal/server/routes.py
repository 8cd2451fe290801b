"""The whole HTTP surface. What is not here is the page (assets.py) or a refusal (security.py)."""

from __future__ import annotations

import functools
from typing import Any

from starlette.responses import Response

from epochal.query.changes import ChangesResult
from epochal.query.columns import Columns
from epochal.query.compat_hparams import CompatExperiment
from epochal.query.compat_hparams_groups import SessionGroups
from epochal.query.compat_scalars import ScalarRows
from epochal.query.export import ExportRequest
from epochal.query.histograms import HistogramsResult
from epochal.query.hparams import HparamsResult
from epochal.query.images import ImagesResult
from epochal.query.problems import ProblemsResult
from epochal.query.projector import ProjectorResult
from epochal.query.run_columns import RunColumnsRequest, RunColumnsResult
from epochal.query.runs import RunsResult
from epochal.query.scalars import ScalarsRequest, ScalarsResult
from epochal.query.scalars_stats import ScalarStatsRequest, ScalarStatsResult
from epochal.query.text import TextResult
from epochal.server import (
    api,
    compat,
    compat_audio,
    compat_custom_scalars,
    compat_graphs,
    compat_histograms,
    compat_hparams,
    compat_images,
    compat_mesh,
    compat_pr_curves,
    compat_scalars,
    compat_text,
    compat_timeseries,
    health,
    live,
    login,
)
from epochal.server.compat_answers import SeriesParams, Tags
from epochal.server.compat_hparams import DownloadParams, HparamsParams, MetricEvalsParams
from epochal.server.compat_images import MediaParams, MediaTags
from epochal.server.endpoint import Endpoint, NoParams
from epochal.server.user_state import StateRequest, UserState

GET = functools.partial(Endpoint, "GET")
POST = functools.partial(Endpoint, "POST")
PLUGIN = "/data/plugin"

# fmt: off
ROUTES = (
    # ---- Epochal's own: path, answer, parameters, result, in words
    GET("/api/runs", api.get_runs, NoParams, RunsResult, "All runs and tags"),
    POST("/api/runs/columns", api.post_run_columns, RunColumnsRequest, RunColumnsResult, "A number for each run"),
    POST("/api/scalars", api.post_scalars, ScalarsRequest, Columns[ScalarsResult], "Series for one chart"),
    POST("/api/scalars/stats", api.post_scalars_stats, ScalarStatsRequest, ScalarStatsResult,
         "Statistics of series over a range"),
    GET("/api/images", api.get_images, api.TagParams, ImagesResult, "Every image step of a tag"),
    GET("/api/blobs/{key}/{sample}", api.get_blob, api.BlobParams, Response, "The bytes of one sample"),
    GET("/api/text", api.get_text, api.TextParams, TextResult, "Texts of a tag, as written"),
    GET("/api/histograms", api.get_histograms, api.HistogramsParams, Columns[HistogramsResult], "All buckets"),
    GET("/api/hparams", api.get_hparams, NoParams, HparamsResult, "Hyperparameters and metrics of all sessions"),
    GET("/api/projector", api.get_projector, NoParams, ProjectorResult, "All embeddings"),
    POST("/api/export", api.post_export, ExportRequest, Response, "All points of series as CSV or JSON"),
    GET("/api/state", api.get_state, NoParams, UserState, "What the user says of runs, tags and views"),
    POST("/api/state", api.post_state, StateRequest, UserState, "Say more; answers with all of it"),
    GET("/api/problems", api.get_problems, NoParams, ProblemsResult, "What could not be read, and where"),
    GET("/api/changes", api.get_changes, api.ChangesParams, ChangesResult, "What is new since a revision"),
    GET("/api/live", live.serve, live.LiveParams, ChangesResult, "What becomes newer", kind="live"),
    POST("/api/reload", api.post_reload, NoParams, api.ReloadResult, "Look through the logdir now"),
    # ---- TensorBoard's
    GET("/data/runs", compat.get_runs, NoParams, list[str], "Run names by first event"),
    GET("/data/environment", compat.get_environment, NoParams, compat.Environment, "Where the data are"),
    GET("/data/logdir", compat.get_logdir, NoParams, compat.LogdirResult, "Where the data are, in short"),
    GET("/data/window_properties", compat.get_window_properties, NoParams, compat.WindowProperties, "The title"),
    GET("/data/plugins_listing", compat.get_plugins, NoParams, dict[str, compat.PluginEntry], "Kinds of data"),
    GET("/data/experiments", compat.get_experiments, NoParams, list[str], "None"),
    GET("/data/experiment_runs", compat.get_experiments, NoParams, list[str], "None"),
    GET("/data/notifications", compat.get_notifications, NoParams, compat.Notifications, "None"),
    GET(f"{PLUGIN}/scalars/tags", compat_scalars.get_tags, NoParams, Tags, "Scalar tags by run"),
    GET(f"{PLUGIN}/scalars/scalars", compat_scalars.get_scalars, compat_scalars.ScalarsParams,
        ScalarRows, "All points"),
    POST(f"{PLUGIN}/scalars/scalars_multirun", compat_scalars.post_multirun, compat_scalars.MultirunParams,
         dict[str, ScalarRows], "All points of several runs", body="form"),
    GET(f"{PLUGIN}/images/tags", compat_images.get_tags, NoParams, MediaTags, "Image tags by run"),
    GET(f"{PLUGIN}/images/images", compat_images.get_images, MediaParams, list[compat_images.ImageStep],
        "All steps of a sample"),
    GET(f"{PLUGIN}/images/individualImage", compat_images.get_image, compat_images.ImageParams, Response,
        "The bytes of a sample"),
    GET(f"{PLUGIN}/audio/tags", compat_audio.get_tags, NoParams, MediaTags, "Audio tags by run"),
    GET(f"{PLUGIN}/audio/audio", compat_audio.get_audio, MediaParams, list[compat_audio.AudioStep],
        "All steps of a sample"),
    GET(f"{PLUGIN}/audio/individualAudio", compat_audio.get_clip, compat_audio.AudioParams, Response,
        "The bytes of a sample"),
    GET(f"{PLUGIN}/histograms/tags", compat_histograms.get_tags, NoParams, Tags, "Histogram tags by run"),
    GET(f"{PLUGIN}/histograms/histograms", compat_histograms.get_histograms, SeriesParams,
        compat_histograms.HistogramRows, "Buckets of all steps"),
    GET(f"{PLUGIN}/distributions/tags", compat_histograms.get_tags, NoParams, Tags, "Histogram tags by run"),
    GET(f"{PLUGIN}/distributions/distributions", compat_histograms.get_distributions, SeriesParams,
        compat_histograms.DistributionRows, "Percentiles of all steps"),
    GET(f"{PLUGIN}/text/tags", compat_text.get_tags, NoParams, dict[str, list[str]], "Text tags by run"),
    GET(f"{PLUGIN}/text/text", compat_text.get_text, compat_text.TextParams, list[compat_text.TextEntry],
        "All texts as HTML"),
    GET(f"{PLUGIN}/pr_curves/tags", compat_pr_curves.get_tags, NoParams, Tags, "Curve tags by run"),
    GET(f"{PLUGIN}/pr_curves/pr_curves", compat_pr_curves.get_pr_curves, compat_pr_curves.PrCurvesParams,
        dict[str, list[compat_pr_curves.PrCurveEntry]], "All curves of several runs"),
    GET(f"{PLUGIN}/mesh/tags", compat_mesh.get_tags, NoParams, dict[str, dict[str, compat_mesh.MeshTag]],
        "Meshes by run"),
    GET(f"{PLUGIN}/mesh/meshes", compat_mesh.get_meshes, MediaParams, list[compat_mesh.MeshEntry],
        "All parts at all steps"),
    GET(f"{PLUGIN}/mesh/data", compat_mesh.get_data, compat_mesh.MeshDataParams, Response, "One part's numbers"),
    GET(f"{PLUGIN}/custom_scalars/layout", compat_custom_scalars.get_layout, NoParams, dict[str, Any],
        "layout.proto as JSON"),
    GET(f"{PLUGIN}/custom_scalars/scalars", compat_custom_scalars.get_matching, SeriesParams,
        compat_custom_scalars.MatchingScalars, "All points of the series that a pattern matches"),
    GET(f"{PLUGIN}/custom_scalars/download_data", compat_custom_scalars.download, compat_scalars.ScalarsParams,
        ScalarRows, "All points"),
    GET(f"{PLUGIN}/graphs/info", compat_graphs.get_info, NoParams, dict[str, compat_graphs.GraphRun],
        "Graphs by run"),
    GET(f"{PLUGIN}/timeseries/tags", compat_timeseries.get_tags, NoParams, compat_timeseries.TimeSeriesTags,
        "Tags of scalars, histograms and images"),
    GET(f"{PLUGIN}/timeseries/timeSeries", compat_timeseries.get_time_series, compat_timeseries.TimeSeriesParams,
        list[dict[str, Any]], "Several series"),
    POST(f"{PLUGIN}/timeseries/timeSeries", compat_timeseries.get_time_series, compat_timeseries.TimeSeriesParams,
         list[dict[str, Any]], "Several series", body="form"),
    GET(f"{PLUGIN}/timeseries/imageData", compat_timeseries.get_image_data, compat_timeseries.ImageDataParams,
        Response, "The bytes of a sample"),
    GET(f"{PLUGIN}/hparams/experiment", compat_hparams.get_experiment, HparamsParams,
        CompatExperiment, "What sessions have in common"),
    POST(f"{PLUGIN}/hparams/experiment", compat_hparams.get_experiment, HparamsParams,
         CompatExperiment, "What sessions have in common", body="request"),
    GET(f"{PLUGIN}/hparams/session_groups", compat_hparams.get_session_groups, HparamsParams,
        SessionGroups, "Sessions, filtered and sorted"),
    POST(f"{PLUGIN}/hparams/session_groups", compat_hparams.get_session_groups, HparamsParams,
         SessionGroups, "Sessions, filtered and sorted", body="request"),
    GET(f"{PLUGIN}/hparams/metric_evals", compat_hparams.get_metric_evals, MetricEvalsParams,
        ScalarRows, "All points of a metric"),
    POST(f"{PLUGIN}/hparams/metric_evals", compat_hparams.get_metric_evals, MetricEvalsParams,
         ScalarRows, "All points of a metric", body="request"),
    GET(f"{PLUGIN}/hparams/download_data", compat_hparams.download, DownloadParams, Response,
        "A table as CSV, JSON or LaTeX"),
    POST(f"{PLUGIN}/hparams/download_data", compat_hparams.download, DownloadParams, Response,
         "A table as CSV, JSON or LaTeX", body="request"),
    # ---- signing in, and health
    POST("/api/login", login.login, login.LoginBody, Response, "Token in, cookie out", kind="raw", public=True),
    GET("/api/session", login.session, NoParams, Response, "204 for whoever is let in", kind="raw"),
    GET("/healthz", health.healthz, NoParams, Response, "Is the process up?", kind="raw", public=True),
    GET("/readyz", health.readyz, NoParams, Response, "Is the loader at work?", kind="raw", public=True),
)
# fmt: on
