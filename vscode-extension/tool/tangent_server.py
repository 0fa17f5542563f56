"""Start the bundled Tangent language server with whatever Python interpreter there is.

Run as `python -I tangent_server.py`: `-I` keeps the workspace, PYTHONPATH and the user's own
site-packages off the path, so only the bundled libraries can be imported before the server's.
"""

import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "libs"))
runpy.run_module("tangent_ls", run_name="__main__", alter_sys=True)
