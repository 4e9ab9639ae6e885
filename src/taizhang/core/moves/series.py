"""Yearly series of numbers without gaps: of cases, of letters by kind, of batches."""

from __future__ import annotations

from typing import Final

from django.db import connection

from taizhang.core.models import District, Series

_NEXT: Final = "UPDATE core_series SET last = last + %s WHERE prefix = %s AND year = %s RETURNING last"


def take(prefix: str, year: int, count: int = 1) -> int:
    """Take so many numbers of a yearly series; gives the last one taken. The series stays locked to the commit."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [count, prefix, year])
        taken = cursor.fetchone()
        if taken is None:
            district = District.objects.values_list("code", flat=True).get()
            Series.objects.bulk_create([Series(district_id=district, prefix=prefix, year=year)], ignore_conflicts=True)
            cursor.execute(_NEXT, [count, prefix, year])
            taken = cursor.fetchone()
    return int(taken[0])
