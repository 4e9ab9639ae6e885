-- Accidents of members.
SELECT m.household, count(*) AS accidents
FROM accidents AS a
JOIN member AS m ON m.person = a.person AND m.once
WHERE a.happened_on > :date - :r13_days
GROUP BY m.household
