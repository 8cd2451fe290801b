"""Makes tests/store's `store_logs` importable."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "store"))
