-- New cards of grave disability, by each resident's latest card.
SELECT m.household, count(*) AS cards
FROM disability AS c
JOIN member AS m ON m.person = c.person AND m.once
WHERE m.living AND c.issued_on > :date - :r11_days
  AND (c.grade <= :r11_grade OR (c.kind IN ('智力', '精神') AND c.grade <= :r11_grade_mind))
GROUP BY m.household
