"""`python -m livernn`."""

import sys

from livernn.cli import main

if __name__ == "__main__":
    sys.exit(main())
