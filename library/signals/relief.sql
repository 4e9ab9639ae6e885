-- Relief begun without following on, and relief ended without being renewed.
SELECT t.household, sum(t.begun) AS begun, sum(t.ended) AS ended
FROM (SELECT r.household, 1 AS begun, 0 AS ended
      FROM relief AS r
      WHERE r.since > :date - :r09_days
        AND NOT EXISTS (SELECT 1 FROM relief AS o
                        WHERE o.household = r.household AND o.kind = r.kind
                          AND date_diff('day', o.until, r.since) BETWEEN 0 AND :r09_gap_days)
      UNION ALL
      SELECT r.household, 0 AS begun, 1 AS ended
      FROM relief AS r
      WHERE r.until > :date - :r09_days AND r.until <= :date
        AND NOT EXISTS (SELECT 1 FROM relief AS o
                        WHERE o.household = r.household AND o.kind = r.kind
                          AND date_diff('day', r.until, o.since) BETWEEN 0 AND :r09_gap_days)) AS t
GROUP BY t.household
