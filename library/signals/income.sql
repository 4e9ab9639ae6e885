-- Net income of the latest reckoning: wage + business + property + transfer - cost.
SELECT i.household, i.wage + i.business + i.property + i.transfer - i.cost AS net
FROM household_income AS i
