"""A linkage model by hand: what a trained one says of each level, in round figures, so that a test can reckon it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from taizhang.screen import linkage
from tests.screen.county import LIBRARY

NUMBER = (
    20.0,
    16.0,
    14.0,
    12.0,
    10.0,
    8.0,
    4.0,
    -10.0,
)  # the same, one apart, covered, place, two apart, birth and sex, birth, different
NAME = (
    12.0,
    10.0,
    8.0,
    6.0,
    2.0,
    2.0,
    -6.0,
    -10.0,
)  # the same, sound, unwritten, missing, one apart, surname apart, surname, different


def model(
    bits: Mapping[str, Sequence[float]] | None = None, *, settings: str | None = None, people: int = 1000
) -> bytes:
    """A model for the library's settings, trained (it says) on so many people; rare values weigh as common ones."""
    told = bits or {"number": NUMBER, "name": NAME}
    weights = {name: [{"bits": one, "base": 1.0} for one in levels] for name, levels in told.items()}
    own = linkage.digest(linkage.for_feeds(LIBRARY)[0])
    return json.dumps(
        {"settings": settings or own, "prior": -10.0, "weights": weights, "rows": [people, 10], "splink": "5.0.0"}
    ).encode()
