-- Losses by disasters.
SELECT m.household, sum(d.loss) AS loss
FROM disasters AS d
JOIN member AS m ON m.person = d.person AND m.once
WHERE d.happened_on > :date - :r14_days AND d.loss > 0
GROUP BY m.household
