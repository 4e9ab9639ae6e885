-- The biggest join of the screening alone: bills to people by the number as written, summed by household.
CREATE TABLE joined AS
SELECT 户编号 AS household, sum(个人自付) AS paid
FROM read_parquet(getvariable('feeds') || '/medical.parquet') m
JOIN read_parquet(getvariable('registers') || '/residents.parquet') r ON m.证件号码 = r.证件号码
GROUP BY 1;
