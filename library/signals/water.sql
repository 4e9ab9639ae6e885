-- Villages without safe water, and for how many days.
SELECT v.area, max(date_diff('day', w.since, :date)) AS days_open
FROM water AS w
JOIN village AS v ON substr(v.area, 1, length(w.area)) = w.area
WHERE w.until IS NULL OR w.until > :date
GROUP BY v.area
