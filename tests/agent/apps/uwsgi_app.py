"""A file that uWSGI and mod_wsgi load."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from plain import wsgi as application  # noqa: F401
