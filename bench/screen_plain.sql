-- The plain way of the first part of screen.sql: every number of every row is cleaned, looked up, and only then summed.
-- `sql_screen.py --plain` puts it in the place of what stands there between the macros and the dead.

CREATE TEMP TABLE homes AS
SELECT 户编号 AS household, min(file_row_number) AS hid, count(*) AS members,
       arg_min(户类型, file_row_number + CASE WHEN 与户主关系 = '户主' THEN 0 ELSE 1000000000000 END) AS kind,
       arg_min(区划代码, file_row_number + CASE WHEN 与户主关系 = '户主' THEN 0 ELSE 1000000000000 END) AS area
FROM read_parquet(register_file('residents'), file_row_number = true) GROUP BY 1;

CREATE TEMP TABLE people AS
WITH read AS (
    SELECT file_row_number AS rid, hid, 姓名 AS name, eighteen(scrubbed(证件号码)) AS number
    FROM read_parquet(register_file('residents'), file_row_number = true) JOIN homes ON homes.household = 户编号
)
SELECT rid, hid, name, CASE WHEN fits THEN number END AS number, CASE WHEN NOT fits THEN number END AS broken
FROM (SELECT *, coalesce(length(number) = 18 AND check_character(body) = right(number, 1), false) AS fits
      FROM (SELECT *, TRY_CAST(left(number, 17) AS BIGINT) AS body FROM read));

CREATE TEMP TABLE paid AS
SELECT hid, sum(amount) AS paid
FROM (SELECT eighteen(scrubbed(证件号码)) AS number, 个人自付 AS amount FROM read_parquet(feed_file('medical'))
      WHERE 就诊日期 > a_year_back() AND 就诊日期 <= today()) JOIN people USING (number)
GROUP BY hid HAVING sum(amount) >= 5000;

CREATE TEMP TABLE looked AS
WITH rows AS (
    SELECT 'insured' AS feed, 0 AS n, 姓名 AS name, NULL::DATE AS since, NULL::DATE AS until,
           NULL::DECIMAL(18, 2) AS amount, NULL::VARCHAR AS word, 证件号码 AS raw
    FROM read_parquet(feed_file('insured')) WHERE 参保年度 = year(today())
    UNION ALL
    SELECT 'serious_illness', 0, NULL, 确诊日期, NULL, NULL, NULL, 证件号码
    FROM read_parquet(feed_file('serious_illness')) WHERE in_days(确诊日期, 180)
    UNION ALL
    SELECT 'disability', file_row_number, NULL, 发证日期, NULL, NULL, left(残疾等级, 1) || 残疾类别, identity_part(证件号码)
    FROM read_parquet(feed_file('disability'), file_row_number = true) WHERE 发证日期 <= today()
    UNION ALL
    SELECT 'schooling', file_row_number, NULL, 状态日期, NULL, 学年自付费用, 学籍状态, 证件号码
    FROM read_parquet(feed_file('schooling'), file_row_number = true) WHERE 状态日期 <= today()
    UNION ALL
    SELECT 'housing', file_row_number, NULL, 鉴定日期, 改造完成日期, NULL, 房屋等级, 户主证件号码
    FROM read_parquet(feed_file('housing'), file_row_number = true) WHERE 鉴定日期 <= today()
    UNION ALL
    SELECT 'relief', file_row_number, NULL, 开始日期, 停止日期, NULL, 救助类别, 户主证件号码
    FROM read_parquet(feed_file('relief'), file_row_number = true) WHERE 开始日期 <= today()
    UNION ALL
    SELECT 'deaths', 0, NULL, 死亡日期, NULL, NULL, NULL, 证件号码
    FROM read_parquet(feed_file('deaths')) WHERE 死亡日期 <= today()
    UNION ALL
    SELECT 'accidents', 0, NULL, 事故日期, NULL, NULL, NULL, 证件号码
    FROM read_parquet(feed_file('accidents')) WHERE in_days(事故日期, 90)
    UNION ALL
    SELECT 'employment', file_row_number, 姓名, month, NULL, NULL, 状态, 证件号码
    FROM (SELECT *, (最近参保月份 || '-01')::DATE AS month
          FROM read_parquet(feed_file('employment'), file_row_number = true)) WHERE month <= today()
    UNION ALL
    SELECT 'disasters', 0, NULL, 发生日期, NULL, 损失金额, NULL, 户主证件号码
    FROM read_parquet(feed_file('disasters')) WHERE in_days(发生日期, 180) AND 损失金额 > 0
    UNION ALL
    SELECT 'farm_losses', 0, NULL, 日期, NULL, 损失金额, NULL, 户主证件号码
    FROM read_parquet(feed_file('farm_losses')) WHERE in_days(日期, 180) AND 损失金额 > 0
    UNION ALL
    SELECT 'loans', file_row_number, NULL, 放款日期, 到期日期, 金额, 状态, 证件号码
    FROM read_parquet(feed_file('loans'), file_row_number = true) WHERE 放款日期 <= today()
)
SELECT rows.* EXCLUDE (raw), eighteen(scrubbed(raw)) AS number, rid, hid
FROM rows LEFT JOIN people ON people.number = eighteen(scrubbed(raw));
CREATE TEMP VIEW second_look AS SELECT * FROM looked WHERE rid IS NULL;
CREATE TEMP VIEW linked AS SELECT feed, n, since, until, amount, word, rid, hid, number FROM looked WHERE rid IS NOT NULL;

