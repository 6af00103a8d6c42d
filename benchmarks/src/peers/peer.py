"""What the peers share: python-peer.ts reads `absent PACKAGE` or `ready NAME` first, and gives the input as a file."""

import json
import sys
from contextlib import contextmanager


@contextmanager
def packages():
    """Imports inside may lack a package: then the process says which, and ends."""
    try:
        yield
    except ImportError as error:
        print(f"absent {error.name}", flush=True)
        sys.exit(0)


def read_input():
    """The JSON file that is the first argument."""
    with open(sys.argv[1], encoding="utf8") as file:
        return json.load(file)
