"""`python -m bench`: the measured comparison of `screening.py`; `acts`, `chain`, `letters`, `roster`, `whatif`: what each costs."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import acts
import chain
import letters
import roster
import screening
import whatif

if __name__ == "__main__":
    other = {
        "acts": acts.main,
        "chain": chain.main,
        "letters": letters.main,
        "roster": roster.main,
        "whatif": whatif.main,
    }.get((sys.argv[1:2] or [""])[0])
    sys.exit(other(sys.argv[2:]) if other else screening.main())
