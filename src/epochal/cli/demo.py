"""`epochal demo`: train small real models, log every kind of data, open the app while one more is in training."""

from __future__ import annotations

import tempfile
import threading

from epochal.cli.options import ServeOptions
from epochal.cli.serve import say, serve


class DemoUnavailableError(Exception):
    """What the demo needs is not installed."""


def run_demo(logdir: str | None, options: ServeOptions) -> int:
    """Train into `logdir` (a temporary folder if None), then serve it. Returns the exit status."""
    from epochal.cli.demo_models import train_demo, train_live
    from epochal.store.logdir import parse_logdir

    if logdir is None:
        with tempfile.TemporaryDirectory(prefix="epochal-demo-", ignore_cleanup_errors=True) as folder:
            return run_demo(folder, options)
    path = parse_logdir(logdir)
    say("Training small networks on handwritten digits; this takes a few seconds.")
    try:
        train_demo(path, lambda line: say(f"  {line}"))
    except ModuleNotFoundError as error:
        raise DemoUnavailableError(
            f"The demo trains on scikit-learn's digits, and {error.name} is missing: pip install 'epochal[demo]'"
        ) from None
    stop = threading.Event()
    training = threading.Thread(target=train_live, args=(path, stop), name="epochal-demo", daemon=True)
    training.start()
    try:
        return serve(path, options)
    finally:
        stop.set()
        training.join(2.0)
