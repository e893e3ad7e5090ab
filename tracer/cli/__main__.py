"""`python -m tracer.cli`: the same as `tracer`."""

import sys

from tracer.cli.main import main

sys.exit(main())
