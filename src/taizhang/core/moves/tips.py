"""Tips: sent without a trace of who sent them, opened by two people, answered under a code, let go after their time.

What arrives is written into its own table with random identifiers and the day alone, sealed under a key of its own and
padded to one length; it makes no entry, because an entry names the microsecond. What the office does is an entry each:
who opened, who read, who answered. Nobody sees a tip but posts with `tips.read`, never those of a unit that it names;
they see that there is one, and what it says only after a second of them agreed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from taizhang.core import access, chain, editions, seals
from taizhang.core.clock import Clock
from taizhang.core.models import Appointment, District, Organisation, Tip, TipWord
from taizhang.core.moves import public
from taizhang.core.profiles import in_force
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

READ: Final = "tips.read"
NAME: Final = Text("这件举报", "This tip")
LENGTH: Final = 8192  # bytes of every sealed word, before sealing
MOST: Final = 2000  # characters that somebody may write at once: 6000 bytes of Chinese
TIPS_A_DAY: Final = 50
KEPT_DAYS: Final = 90  # after its end, as GlobaLeaks keeps reports by default
LID, ASKED, OPEN, ENDED = "closed_lid", "asked", "open", "ended"
_SCRYPT: Final[Mapping[str, int]] = {"n": 1 << 14, "r": 8, "p": 1}


@dataclass(frozen=True, slots=True)
class Word:
    """Something said about a tip."""

    ours: bool
    day: date
    says: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """A tip as recipients see it before it is opened: that it is there."""

    id: uuid.UUID
    day: date
    state: str
    mine: bool  # whether this recipient is one of the two


def digest(code: str) -> str:
    """The slow hash of a code, by which a tip is found; the salt is the district's, out of the key file."""
    salt = seals.index("tip salt", "tip").encode()
    return hashlib.scrypt(public.tidy(code).encode(), salt=salt, dklen=32, **_SCRYPT).hex()


def ready(day: date) -> bool:
    """Whether tips are taken: two people at least can open them."""
    return len(_recipients(day)) >= 2


def _recipients(day: date) -> set[uuid.UUID]:
    tokens = {token for token, role in editions.library().roles.items() if READ in role.capabilities}
    rows = Appointment.objects.filter(in_force(day), account__is_active=True).select_related("post")
    return {row.account_id for row in rows if f"{row.post.role}@{row.post.level}" in tokens}


def send(says: Mapping[str, str], *, clock: Clock) -> str:
    """Take a tip: `words`, perhaps `unit` (an organisation's code) and `contact`; gives the code, told once.

    Raises Refusal: `tip_words`, `tip_unit` for one that names the office which opens tips, `tip_closed`, `too_many`.
    """
    day = days.day_of(clock.now())
    _said(says)
    if not ready(day):
        raise Refusal("tip_closed", Text("本页暂未开通，请拨打 12388。", "Not open yet: call 12388."))
    if _is_ours(says.get("unit", "")):
        raise Refusal(
            "tip_unit",
            Text("反映的正是受理举报的单位，本页不收，以免落到被反映人手里。",
                 "You name the very office that opens tips: this page does not take it."),
            Text("请拨打 12388，或向上一级纪委监委反映。", "Call 12388, or turn to the office above it."),
        )  # fmt: skip
    public.admit("tip", TIPS_A_DAY, clock, by_day=True)
    code, key = public.new_code(), seals.fresh_key()
    with transaction.atomic():
        tip = Tip.objects.create(id=key.id, digest=digest(code), wrapped=seals.wrap(key), day=day)
        _add(tip, key, says, day, ours=False)
    return code


def _said(says: Mapping[str, str]) -> None:
    if not says.get("words", "").strip():
        raise Refusal("tip_words", Text("请写下要反映的事。", "Say what it is about."))
    if sum(len(text) for text in says.values()) > MOST:
        raise Refusal("tip_words", Text(f"最多写 {MOST} 字。", f"{MOST} characters at most."))


def _is_ours(unit: str) -> bool:
    """Whether a unit is one whose posts open tips."""
    tokens = {token for token, role in editions.library().roles.items() if READ in role.capabilities}
    rows = Appointment.objects.filter(post__organisation__code=unit, valid_to=None).select_related("post")
    return bool(unit) and any(f"{row.post.role}@{row.post.level}" in tokens for row in rows)


def _add(tip: Tip, key: seals.Key, says: Mapping[str, Any], day: date, *, ours: bool) -> None:
    """One more word, padded so that its length says nothing."""
    plain = json.dumps(dict(says), ensure_ascii=False)
    pad = max(0, LENGTH - len(json.dumps(plain, ensure_ascii=False).encode()))
    last = TipWord.objects.filter(tip=tip).aggregate(n=Max("n"))["n"] or 0
    word = TipWord(tip=tip, n=last + 1, ours=ours, day=day)
    word.cipher = seals.seal(key, seals.Place("tip", "word", word.pk), plain + " " * pad)
    word.save(force_insert=True)


def by_code(code: str, *, clock: Clock) -> Tip:
    """The tip of a code. Raises NotFound, Refusal("too_many")."""
    if len(public.tidy(code)) != public.LENGTH:
        raise NotFound(Text("这个取件码", "This code"))
    public.admit("tip code", public.CODES_AN_HOUR, clock)
    row = Tip.objects.filter(digest=digest(code)).first()
    if row is None:
        raise NotFound(Text("这个取件码", "This code"))
    return row


def add(code: str, words: str, *, clock: Clock) -> None:
    """Whoever sent a tip adds something to it. Raises NotFound, Refusal."""
    tip = by_code(code, clock=clock)
    says = {"words": words}
    _said(says)
    if tip.wrapped is None:
        raise NotFound(Text("这个取件码", "This code"))
    with transaction.atomic():
        _add(tip, seals.unwrap(tip.pk, bytes(tip.wrapped)), says, days.day_of(clock.now()), ours=False)


def words(tip: Tip) -> tuple[Word, ...]:
    """Everything said about a tip. Empty once its key was destroyed."""
    if tip.wrapped is None:
        return ()
    key = seals.unwrap(tip.pk, bytes(tip.wrapped))
    return tuple(
        Word(
            row.ours, row.day, json.loads(seals.open_under(key, bytes(row.cipher), seals.Place("tip", "word", row.pk)))
        )
        for row in TipWord.objects.filter(tip=tip).order_by("n")
    )


# --- the office -----------------------------------------------------------------------------------------------------


def listed(actor: access.Actor) -> tuple[Listed, ...]:
    """The tips that are there, for recipients: the day and how far they are. Raises Refusal("not_allowed")."""
    access.acting(actor, READ)
    return tuple(
        Listed(tip.pk, tip.day, tip.state, actor.account in (tip.first_id, tip.second_id))
        for tip in Tip.objects.exclude(wrapped=None).order_by("day", "pk")
        if not _named(actor, tip)
    )


def _named(actor: access.Actor, tip: Tip) -> bool:
    """Whether a tip names a unit that the actor's posts belong to; its words are looked at by the system alone."""
    ours = set(Organisation.objects.filter(pk__in=_units(actor)).values_list("code", flat=True))
    return any(word.says.get("unit") in ours for word in words(tip) if word.says.get("unit"))


def _units(actor: access.Actor) -> set[uuid.UUID]:
    codes = {held.organisation_code for held in actor.posts if held.organisation_code}
    return set(Organisation.objects.filter(code__in=codes).values_list("pk", flat=True))


def _tip(actor: access.Actor, tip_id: uuid.UUID) -> tuple[Tip, access.Held]:
    held = access.acting(actor, READ)
    tip = Tip.objects.select_for_update().filter(pk=tip_id).exclude(wrapped=None).first()
    if tip is None or _named(actor, tip):
        raise NotFound(NAME)
    return tip, held


def open_lid(actor: access.Actor, tip_id: uuid.UUID, *, clock: Clock) -> str:
    """Ask to open a tip, or agree to what another recipient asked; the state afterwards. Raises NotFound, Refusal."""
    with transaction.atomic():
        tip, held = _tip(actor, tip_id)
        if tip.state == ASKED and tip.first_id == actor.account:
            raise Refusal("second_person", Text("要由另一人同意才能开启。", "Another person has to agree."))
        if tip.state == LID:
            tip.first_id, tip.state = actor.account, ASKED
        elif tip.state == ASKED:
            tip.second_id, tip.state = actor.account, OPEN
        tip.save(update_fields=["first", "second", "state"])
        _entry(actor, held, tip, "ask" if tip.state == ASKED else "open", clock)
    return tip.state


def read(actor: access.Actor, tip_id: uuid.UUID, *, clock: Clock) -> tuple[str, tuple[Word, ...]]:
    """What an opened tip says, to the two who opened it; each reading is an entry. Raises NotFound, Refusal."""
    with transaction.atomic():
        tip, held = _tip(actor, tip_id)
        if tip.state not in (OPEN, ENDED) or actor.account not in (tip.first_id, tip.second_id):
            raise Refusal(
                "closed_lid", Text("两人都同意开启后才能看。", "It can be read once two people have opened it.")
            )
        _entry(actor, held, tip, "read", clock)
    return tip.state, words(tip)


def answer(actor: access.Actor, tip_id: uuid.UUID, text: str, *, ends: bool, clock: Clock) -> None:
    """Answer a tip under its code, and perhaps end it. Raises NotFound, Refusal."""
    with transaction.atomic():
        tip, held = _tip(actor, tip_id)
        if tip.state != OPEN or actor.account not in (tip.first_id, tip.second_id):
            raise Refusal(
                "closed_lid", Text("两人都同意开启后才能答复。", "It can be answered once two people have opened it.")
            )
        _said({"words": text})
        day = days.day_of(clock.now())
        _add(tip, seals.unwrap(tip.pk, bytes(tip.wrapped or b"")), {"words": text}, day, ours=True)
        if ends:
            tip.state, tip.ended = ENDED, day
            tip.save(update_fields=["state", "ended"])
        _entry(actor, held, tip, "end" if ends else "answer", clock)


def let_go(*, clock: Clock) -> int:
    """Destroy the keys of tips that ended long ago; how many. Their words are gone for ever."""
    before = days.day_of(clock.now()) - timedelta(days=KEPT_DAYS)
    return Tip.objects.filter(ended__lt=before).exclude(wrapped=None).update(wrapped=None)


def _entry(actor: access.Actor, held: access.Held, tip: Tip, act: str, clock: Clock) -> None:
    mark = hashlib.sha256(secrets.token_bytes(16) + tip.pk.bytes).hexdigest()[:8]  # no entry leads back to a tip
    chain.append(
        chain.Draft(
            kind="tip", act=act, received=clock.now(), area=District.objects.get().code, account=actor.account,
            post=held.post, hand=actor.hand, says={"mark": mark},
        )
    )  # fmt: skip
