"""Run as a program over an empty data directory: a demo district with party organisations and their discipline office.

A process of its own, because a browser that is driven from this one leaves it no database.
"""

from __future__ import annotations

from datetime import UTC, datetime

from taizhang.cli import frame

BEGINS = datetime(2021, 11, 25, 1, 0, tzinfo=UTC)


def main() -> None:
    """Make the tables and the office; the demo clock stands where November's duties are still to be done."""
    frame.load_site(as_owner=True, creates=True)
    from taizhang.work import install
    from tests.browser.people import PASSWORD
    from tests.core import duties
    from tests.web import scene

    install.migrate()
    office = duties.build(demo=True)
    for account in (*office.people.values(), office.small.accounts["system_admin"]):
        account.set_password(PASSWORD)
        account.save()
    scene.stand(BEGINS)


if __name__ == "__main__":
    main()
