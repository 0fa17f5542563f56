"""``python -m tangent``: the command line."""

import sys

from tangent.cli import main

sys.exit(main())
