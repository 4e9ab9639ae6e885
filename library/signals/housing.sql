-- The latest grade of a household's house, and the latest day on which a rebuilding was finished.
SELECT h.household, h.grade, h.graded_on, r.rebuilt_on
FROM housing AS h
LEFT JOIN (SELECT m.household, max(l.rebuilt_on) AS rebuilt_on
           FROM housing_lines AS l
           JOIN member AS m ON m.person = l.person AND m.once
           WHERE l.rebuilt_on <= :date
           GROUP BY m.household) AS r ON r.household = h.household
