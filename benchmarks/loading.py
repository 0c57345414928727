"""How long the engine takes to import and to open the released model, and what memory that needs (Linux).

python benchmarks/loading.py
"""

import re
import time
from pathlib import Path

began = time.perf_counter()

from thaigov_events.inference import Extractor  # noqa: E402 - importing is part of what is timed

Extractor.load()
seconds = time.perf_counter() - began
peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
print(f"{seconds:.2f} s, {int(peak[1]) / 1024 if peak else float('nan'):.0f} MB")
