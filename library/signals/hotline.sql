-- Tips about residents.
SELECT m.household, count(*) AS tips
FROM hotline AS t
JOIN member AS m ON m.person = t.person AND m.once
WHERE m.living AND t.called_on > :date - :r17_days
GROUP BY m.household
