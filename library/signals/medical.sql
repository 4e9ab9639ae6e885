-- Self-paid medical costs of a household's members over the last months, reversals included.
SELECT m.household, sum(p.self_paid) AS self_paid_12m
FROM (SELECT person, sum(self_paid) AS self_paid
      FROM medical
      WHERE visited_on > add_months(:date, -:self_paid_months)
      GROUP BY person) AS p
JOIN member AS m ON m.person = p.person AND m.once
GROUP BY m.household
