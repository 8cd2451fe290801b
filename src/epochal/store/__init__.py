"""The reader's store: event files become runs, runs become immutable snapshots.

    logdir → run_loader (log_file, one per event file) → snapshot ← reloader (the one thread that publishes)

Readers never wait for a loader and never see half of an update: they hold a `Snapshot`, whose arrays never
change. What could not be read is listed in it (`problems`), never raised.
"""
