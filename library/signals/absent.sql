-- Children of compulsory school age whose latest state says that they do not attend.
SELECT m.household, count(*) AS absent_pupils
FROM schooling AS s
JOIN member AS m ON m.person = s.person AND m.once
WHERE m.living AND s.state IN ('辍学', '失学', '未入学')
  AND full_years(m.born, :date) BETWEEN :r05_age_from AND :r05_age_to
GROUP BY m.household
