"""Makes `store_logs` and `store_model` importable."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
