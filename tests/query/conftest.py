"""Makes this folder's helpers and tests/store's `store_logs` importable."""

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / "store")]
