# gast makes its node classes at run time and has no types of its own.
from typing import Any

def __getattr__(name: str) -> Any: ...
