"""The whole HTTP surface. What is not here is the page (assets.py) or a refusal (security.py)."""

from __future__ import annotations

import functools

from starlette.responses import Response

from epochal.query.changes import ChangesResult
from epochal.query.columns import Columns
from epochal.query.histograms import HistogramsResult
from epochal.query.hparams import HparamsResult
from epochal.query.images import ImagesResult
from epochal.query.problems import ProblemsResult
from epochal.query.runs import RunsResult
from epochal.query.scalars import ScalarsRequest, ScalarsResult
from epochal.query.text import TextResult
from epochal.server import api, compat, health, live, login
from epochal.server.endpoint import Endpoint, NoParams

GET = functools.partial(Endpoint, "GET")
POST = functools.partial(Endpoint, "POST")

# fmt: off
ROUTES = (
    # ---- Epochal's own: path, answer, parameters, result, in words
    GET("/api/runs", api.get_runs, NoParams, RunsResult, "All runs and tags"),
    POST("/api/scalars", api.post_scalars, ScalarsRequest, Columns[ScalarsResult], "Series for one chart"),
    GET("/api/images", api.get_images, api.TagParams, ImagesResult, "Every image step of a tag"),
    GET("/api/blobs/{key}/{sample}", api.get_blob, api.BlobParams, Response, "The bytes of one sample"),
    GET("/api/text", api.get_text, api.TextParams, TextResult, "Texts of a tag, as written"),
    GET("/api/histograms", api.get_histograms, api.HistogramsParams, Columns[HistogramsResult], "All buckets"),
    GET("/api/hparams", api.get_hparams, NoParams, HparamsResult, "Hyperparameters and metrics of all sessions"),
    GET("/api/problems", api.get_problems, NoParams, ProblemsResult, "What could not be read, and where"),
    GET("/api/changes", api.get_changes, api.ChangesParams, ChangesResult, "What is new since a revision"),
    GET("/api/live", live.serve, live.LiveParams, ChangesResult, "What becomes newer", kind="live"),
    POST("/api/reload", api.post_reload, NoParams, api.ReloadResult, "Look through the logdir now"),
    # ---- TensorBoard's
    GET("/data/runs", compat.get_runs, NoParams, list[str], "Run names by first event"),
    GET("/data/environment", compat.get_environment, NoParams, compat.Environment, "Where the data are"),
    GET("/data/plugin/scalars/tags", compat.get_scalar_tags, NoParams, compat.ScalarTags, "Scalar tags by run"),
    GET("/data/plugin/scalars/scalars", compat.get_scalars, compat.ScalarsParams, compat.ScalarRows, "All points"),
    # ---- signing in, and health
    POST("/api/login", login.login, login.LoginBody, Response, "Token in, cookie out", kind="raw", public=True),
    GET("/api/session", login.session, NoParams, Response, "204 for whoever is let in", kind="raw"),
    GET("/healthz", health.healthz, NoParams, Response, "Is the process up?", kind="raw", public=True),
    GET("/readyz", health.readyz, NoParams, Response, "Is the loader at work?", kind="raw", public=True),
)
# fmt: on
