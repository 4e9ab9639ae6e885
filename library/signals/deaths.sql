-- Members who died at working age.
SELECT m.household, count(*) AS deaths
FROM deaths AS d
JOIN member AS m ON m.person = d.person AND m.once
WHERE d.died_on > :date - :r10_days
  AND full_years(m.born, d.died_on) BETWEEN :r10_age_from AND :r10_age_to
GROUP BY m.household
