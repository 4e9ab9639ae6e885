"""Keeping a list's filter under a name; a private mark of the reader's own, which no entry keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from taizhang.core import access
from taizhang.core.models import SavedView
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

# What was searched for is not kept: it is most often the name of a person.
KEPT: Final = ("stage", "light", "area", "owner", "scope", "sort", "down", "as")
LONGEST: Final = 40  # characters of a name
MOST: Final = 20  # views of one ledger


def keep(actor: access.Actor, ledger: str, name: str, asked: Mapping[str, str]) -> SavedView:
    """Keep the filters of a list under a name; one of the same name is replaced.

    Raises Refusal: `view_name` without a name or with one that is too long, `views_full` after twenty.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST:
        raise Refusal(
            "view_name",
            Text(f"请起个名字，不超过 {LONGEST} 个字。", f"Give it a name of at most {LONGEST} characters."),
        )
    query = urlencode({key: asked[key] for key in KEPT if asked.get(key)})
    mine = SavedView.objects.filter(account=actor.account, ledger=ledger)
    known = mine.filter(name=name).first()
    if known is None and mine.count() >= MOST:
        raise Refusal(
            "views_full",
            Text(f"最多存 {MOST} 个，请先删去不用的。", f"At most {MOST} are kept: remove one that is not used."),
        )
    if known is None and actor.account is not None:
        return SavedView.objects.create(account_id=actor.account, ledger=ledger, name=name, query=query)
    if known is None:
        raise NotFound(Text("账号", "An account"))  # the system's own hands keep no views
    known.query = query
    known.save(update_fields=["query"])
    return known


def drop(actor: access.Actor, view: int) -> None:
    """Remove a view of one's own. Raises NotFound."""
    gone, _by_kind = SavedView.objects.filter(account=actor.account, pk=view).delete()
    if not gone:
        raise NotFound(Text("存下的这个看法", "This saved view"))
