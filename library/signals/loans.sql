-- Loans of members whose latest line is overdue or rolled over, long past their last day.
SELECT m.household, max(date_diff('day', l.due_on, :date)) AS days_overdue, sum(l.amount) AS amount
FROM loans AS l
JOIN member AS m ON m.person = l.person AND m.once
WHERE l.state IN ('逾期', '展期') AND date_diff('day', l.due_on, :date) > :r16_days
GROUP BY m.household
