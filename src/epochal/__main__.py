"""`python -m epochal` is `epochal`."""

from __future__ import annotations

from epochal.cli.main import main

if __name__ == "__main__":
    main()
