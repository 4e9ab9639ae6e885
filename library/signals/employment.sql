-- Months since a resident of working age was last insured at work, and whether anybody else still is.
-- A row still left to a person counts as present for everybody it was offered for.
SELECT t.household, max(t.lost) AS months_without, sum(t.present) AS present
FROM (SELECT e.household,
             CASE WHEN e.months BETWEEN :r12_months_from AND :r12_months_to
                       AND coalesce(e.state, '') <> '退休'
                       AND full_years(e.born, :date) BETWEEN :r12_age_from AND :r12_age_to
                  THEN e.months END AS lost,
             CASE WHEN e.months < :r12_months_from THEN 1 ELSE 0 END AS present
      FROM (SELECT m.household, m.born, x.state,
                   year(:date) * 12 + month(:date) - year(x.month) * 12 - month(x.month) AS months
            FROM employment AS x
            JOIN member AS m ON m.person = x.person AND m.once
            WHERE m.living) AS e
      UNION ALL
      SELECT m.household, CAST(NULL AS BIGINT) AS lost, 1 AS present
      FROM employment_offered AS x
      JOIN member AS m ON m.person = x.person AND m.once
      WHERE m.living AND year(:date) * 12 + month(:date) - year(x.month) * 12 - month(x.month) < :r12_months_from) AS t
GROUP BY t.household
