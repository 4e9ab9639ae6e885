-- Losses of crops, livestock and projects.
SELECT m.household, sum(f.loss) AS loss
FROM farm_losses AS f
JOIN member AS m ON m.person = f.person AND m.once
WHERE f.happened_on > :date - :r15_days AND f.loss > 0
GROUP BY m.household
