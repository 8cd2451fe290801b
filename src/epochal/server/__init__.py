"""HTTP over the store: routes, the binary frame, the live stream and the one security layer around them.

Only this package knows HTTP. It reads snapshots through `epochal.query` and never opens a log file itself.
"""
