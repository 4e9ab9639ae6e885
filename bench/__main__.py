"""`python -m bench`: the measured comparison of `screening.py`; `python -m bench acts`: what an act costs (`acts.py`)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import acts
import screening

if __name__ == "__main__":
    sys.exit(acts.main(sys.argv[2:]) if sys.argv[1:2] == ["acts"] else screening.main())
