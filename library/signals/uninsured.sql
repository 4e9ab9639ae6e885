-- Residents without a row of this year; a row still left to a person counts as present for everybody it was offered for.
SELECT m.household,
       sum(CASE WHEN o.person IS NULL THEN 1 ELSE 0 END) AS uninsured,
       sum(CASE WHEN o.person IS NULL THEN 0 ELSE 1 END) AS presumed
FROM member AS m
LEFT JOIN insured_lines AS i ON i.person = m.person AND i.year = year(:date)
LEFT JOIN (SELECT DISTINCT person FROM insured_offered WHERE year = year(:date)) AS o ON o.person = m.person
WHERE m.living AND i.person IS NULL
GROUP BY m.household
