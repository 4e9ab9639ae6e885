"""Which entries of a case may be withdrawn: not what others rest on."""

from __future__ import annotations

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import loop
from taizhang.ledger.schema import Ledger


def may_annul(law: Ledger, before: loop.State, target: loop.Entry, reason: str) -> None:
    """Raises Refusal: `reason` where none is given, `rests_on_it` where something was done on the ground of the entry."""
    standing = [entry for entry in before.entries if not entry.annulled]
    declared = (
        law.acts[target.act] if target.edition == law.digest else None
    )  # what an older edition did, others rest on
    moved = declared is None or (declared.to is not None and standing[-1].n != target.n)
    led = declared is not None and any(effect.spawn or effect.register_ or effect.act for effect in declared.do)
    if not reason.strip():
        raise Refusal("reason", Text("请写明更正的原因。", "Say why it is withdrawn."), details={"field": "reason"})
    if standing[0].n == target.n or moved or led:
        raise Refusal(
            "rests_on_it",
            Text(
                "后面的办理以这一步为依据，不能直接更正。",
                "Later steps rest on this one; it cannot be withdrawn by itself.",
            ),
            Text(
                "请用退回、撤回等办理，或先更正后面的记录。", "Send the case back, or withdraw the later entries first."
            ),
        )
