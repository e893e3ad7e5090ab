"""What `import tracer.wire` costs: nothing of the extra, nothing of ours."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
import tracer.wire
heavy = {"scapy", "hpack", "hyperframe", "wsproto", "numpy", "h11"} & set(sys.modules)
ours = {name for name in sys.modules if name.startswith("tracer.") and not name.startswith("tracer.wire")}
print(heavy | ours)
"""


def test_the_extra_is_imported_when_it_is_needed():
    out = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
