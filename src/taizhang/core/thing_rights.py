"""Rights over the registers of things (enterprises, places, products, projects): a part of `access`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from taizhang.core import access, statements
from taizhang.core.models import Thing
from taizhang.kit import areacode
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text


def things_for(actor: access.Actor) -> QuerySet[Thing]:
    """The enterprises, places, products and projects that the actor may see in the registers.

    Those inside the areas of the posts that may read these registers, those that an organisation of the actor answers
    for, and the actor's own enterprise with all that is its.
    """
    if actor.is_own_hand:
        return Thing.objects.all()
    wanted = access.within("area_path", [held.path for held in access.posts_with(actor, "things.read")])
    wanted |= Q(organisation__in=actor.organisations)
    return Thing.objects.filter(wanted | Q(pk__in=actor.things) | Q(enterprise__in=actor.things))


def thing_for(actor: access.Actor, thing_id: uuid.UUID | str, *, by: Iterable[str] = ()) -> Thing:
    """One row of these registers. Raises NotFound when it is absent or hidden.

    `by` are the tokens of an act about to open a case on it: a post over its area that may do so may name it.
    """
    try:
        row = statements.one(Thing, pk=uuid.UUID(str(thing_id)))
    except ValueError:
        row = None
    if row is None or not (actor.is_own_hand or _sees_thing(actor, row, frozenset(by))):
        raise NotFound(Text("名册里的这一行", "This row of the register"))
    return row


def _sees_thing(actor: access.Actor, row: Thing, by: frozenset[str]) -> bool:
    """Whether a source of `things_for` holds for one row, or a post may open a case about it."""
    posts = (
        *access.posts_with(actor, "things.read"),
        *(held for held in actor.posts if held.token in by and not held.thing),
    )
    if any(areacode.covers(held.path, row.area_path) for held in posts):
        return True
    return row.organisation_id in actor.organisations or bool({row.pk, row.enterprise_id} & actor.things)
