-- Self-paid medical costs of a household's members over the last months, reversals included.
SELECT m.household, sum(b.self_paid) AS self_paid_12m
FROM medical AS b
JOIN member AS m ON m.person = b.person AND m.once
WHERE b.visited_on > add_months(:date, -:self_paid_months)
GROUP BY m.household
