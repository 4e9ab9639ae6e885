"""`python -m bench`: the measured comparison of `screening.py`; with a word one of the others.

`table`: that beside Polars, Sail and daily deltas too; `acts`, `chain`, `deltas`, `letters`, `roster`, `whatif`: what each costs;
`engines`: DuckDB and Sail; `linkage`: how right it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import acts
import chain
import deltas
import engines
import letters
import linking
import roster
import screening
import table
import whatif

if __name__ == "__main__":
    other = {
        "acts": acts.main,
        "chain": chain.main,
        "deltas": deltas.main,
        "engines": engines.main,
        "letters": letters.main,
        "linkage": linking.main,
        "roster": roster.main,
        "table": table.main,
        "whatif": whatif.main,
    }.get((sys.argv[1:2] or [""])[0])
    sys.exit(other(sys.argv[2:]) if other else screening.main())
