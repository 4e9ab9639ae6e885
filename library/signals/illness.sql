-- New diagnoses of serious illness among residents.
SELECT m.household, count(*) AS diagnoses
FROM serious_illness AS s
JOIN member AS m ON m.person = s.person AND m.once
WHERE m.living AND s.diagnosed_on > :date - :r04_days
GROUP BY m.household
