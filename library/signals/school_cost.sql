-- Self-paid school costs of a school year, by each resident's latest row.
SELECT m.household, sum(s.self_paid) AS school_cost
FROM schooling AS s
JOIN member AS m ON m.person = s.person AND m.once
WHERE m.living AND s.state_on > add_months(:date, -:r06_months)
GROUP BY m.household
