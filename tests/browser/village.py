"""Run as a program over an empty data directory: a demo district in which one household was entered and helped.

A process of its own, because a browser that is driven from this one leaves it no database. Prints the household and its case.
"""

from __future__ import annotations

import json
import sys

from taizhang.cli import frame


def main() -> None:
    """Make the tables, the district and the household; its demo clock stands where the household's life has come to."""
    frame.load_site(as_owner=True, creates=True)
    from taizhang.work import install
    from tests import lives
    from tests.web import scene

    install.migrate()
    life = lives.build(scene.people())
    home = life.household(names=("李兰", "王荷"))
    case = life.watched(home)
    life.helped(home)
    scene.stand(life.clock.now())
    sys.stdout.write(json.dumps({"home": str(home), "case": str(case)}) + "\n")


if __name__ == "__main__":
    main()
