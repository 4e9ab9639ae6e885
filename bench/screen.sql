-- All eighteen rules by hand on clean Parquet files: what a careful analyst with DuckDB would write.
-- Variables set by the caller: day (DATE), registers, feeds (folders), areas (CSV of area codes), line (income line, fen).
-- Leaves a table `alerts(rule, household, area, level, figures)`.
--
-- What makes it fast: bills are summed by the number as written before anything is looked up; every row that names a
-- person goes through one join with the register, and what was not found through one more; clean numbers skip the cleaning;
-- the check sum takes one division for each digit.

CREATE MACRO check_sum(n) AS     -- n: the first seventeen digits as BIGINT. Modulo 11 as good as the sum of digits by their
    n * 2 + n // 10 * 6 + n // 100 + n // 1000 * 2 + n // 10000 * 4 + n // 100000 * 8 + n // 1000000 * 5   -- weights: a digit is
  + n // 10000000 * 10 + n // 100000000 * 9 + n // 1000000000 * 7 + n // 10000000000 * 3                   -- what stands up to it
  + n // 100000000000 * 6 + n // 1000000000000 + n // 10000000000000 * 2 + n // 100000000000000 * 4        -- less ten times what
  + n // 1000000000000000 * 8 + n // 10000000000000000 * 5;                                                -- stands before
CREATE MACRO check_character(n) AS substr('10X98765432', (check_sum(n) % 11 + 1)::INT, 1);
CREATE MACRO scrubbed(raw) AS                       -- whatever is written plainly stays as it is
    CASE WHEN regexp_full_match(raw, '[0-9]*X?') THEN raw ELSE upper(translate(raw, '０１２３４５６７８９ＸｘＢ　 ''', '0123456789XXB')) END;
CREATE MACRO longer(s) AS substr(s, 1, 6) || '19' || substr(s, 7);     -- a number of fifteen digits, but for its check character
CREATE MACRO eighteen(s) AS
    CASE WHEN length(s) = 15 AND TRY_CAST(s AS BIGINT) IS NOT NULL
         THEN longer(s) || check_character(longer(s)::BIGINT) ELSE s END;
CREATE MACRO identity_part(raw) AS                 -- of a disability card's 20 or 22 characters
    CASE WHEN strlen(raw) IN (20, 22) AND NOT contains(raw, ' ') THEN left(raw, 18) ELSE raw END;
CREATE MACRO born(number) AS
    make_date(substr(number, 7, 4)::INT, substr(number, 11, 2)::INT, substr(number, 13, 2)::INT);
CREATE MACRO age_on(birth, on_day) AS              -- 29 February turns older on 1 March of a common year
    year(on_day) - year(birth)
  - (month(on_day) * 100 + day(on_day) < month(birth) * 100 + day(birth))::INT;
CREATE MACRO today() AS getvariable('day');
CREATE MACRO in_days(on_day, n) AS on_day <= today() AND on_day > today() - n::INT;
CREATE MACRO a_year_back() AS (today() - INTERVAL 12 MONTH)::DATE;
CREATE MACRO register_file(feed) AS getvariable('registers') || '/' || feed || '.parquet';
CREATE MACRO feed_file(feed) AS getvariable('feeds') || '/' || feed || '.parquet';
CREATE MACRO yuan(amount) AS printf('%.2f', amount::DECIMAL(18, 2));

-- ---- households and people -----------------------------------------------------------------------------------------
CREATE TEMP TABLE homes AS
SELECT 户编号 AS household, min(file_row_number) AS hid, count(*) AS members,
       arg_min(户类型, file_row_number + CASE WHEN 与户主关系 = '户主' THEN 0 ELSE 1000000000000 END) AS kind,
       arg_min(区划代码, file_row_number + CASE WHEN 与户主关系 = '户主' THEN 0 ELSE 1000000000000 END) AS area
FROM read_parquet(register_file('residents'), file_row_number = true) GROUP BY 1;

CREATE TEMP TABLE people AS
WITH read AS (
    SELECT rid, hid, name, CASE WHEN strlen(raw) = 18 AND NOT contains(raw, 'x') AND NOT contains(raw, ' ') THEN raw
                                ELSE eighteen(scrubbed(raw)) END AS number
    FROM (SELECT file_row_number AS rid, hid, 姓名 AS name, 证件号码 AS raw
          FROM read_parquet(register_file('residents'), file_row_number = true) JOIN homes ON homes.household = 户编号)
)
SELECT rid, hid, name, CASE WHEN fits THEN number END AS number, CASE WHEN NOT fits THEN number END AS broken
FROM (SELECT *, coalesce(length(number) = 18 AND check_character(body) = right(number, 1), false) AS fits
      FROM (SELECT *, TRY_CAST(left(number, 17) AS BIGINT) AS body FROM read));

CREATE TYPE feed_name AS ENUM ('insured', 'serious_illness', 'disability', 'schooling', 'housing', 'relief', 'deaths', 'accidents', 'employment', 'disasters', 'farm_losses', 'loans', 'medical');

-- ---- every row that names a person, through one join ----------------------------------------------------------------
CREATE TEMP TABLE bills AS
SELECT hid, amount, CASE WHEN hid IS NULL THEN raw END AS raw
FROM (SELECT 证件号码 AS raw, sum(个人自付) AS amount FROM read_parquet(feed_file('medical'))
      WHERE 就诊日期 > a_year_back() AND 就诊日期 <= today() GROUP BY 1)
LEFT JOIN people ON number = raw;

CREATE TEMP TABLE first_look AS
WITH rows AS (
    SELECT 'insured'::feed_name AS feed, 0 AS n, 姓名 AS name, NULL::DATE AS since, NULL::DATE AS until,
           NULL::DECIMAL(18, 2) AS amount, NULL::VARCHAR AS word, 证件号码 AS raw
    FROM read_parquet(feed_file('insured')) WHERE 参保年度 = year(today())
    UNION ALL
    SELECT 'serious_illness'::feed_name, 0, NULL, 确诊日期, NULL, NULL, NULL, 证件号码
    FROM read_parquet(feed_file('serious_illness')) WHERE in_days(确诊日期, 180)
    UNION ALL
    SELECT 'disability'::feed_name, file_row_number, NULL, 发证日期, NULL, NULL, left(残疾等级, 1) || 残疾类别, identity_part(证件号码)
    FROM read_parquet(feed_file('disability'), file_row_number = true) WHERE 发证日期 <= today()
    UNION ALL
    SELECT 'schooling'::feed_name, file_row_number, NULL, 状态日期, NULL, 学年自付费用, 学籍状态, 证件号码
    FROM read_parquet(feed_file('schooling'), file_row_number = true) WHERE 状态日期 <= today()
    UNION ALL
    SELECT 'housing'::feed_name, file_row_number, NULL, 鉴定日期, 改造完成日期, NULL, 房屋等级, 户主证件号码
    FROM read_parquet(feed_file('housing'), file_row_number = true) WHERE 鉴定日期 <= today()
    UNION ALL
    SELECT 'relief'::feed_name, file_row_number, NULL, 开始日期, 停止日期, NULL, 救助类别, 户主证件号码
    FROM read_parquet(feed_file('relief'), file_row_number = true) WHERE 开始日期 <= today()
    UNION ALL
    SELECT 'deaths'::feed_name, 0, NULL, 死亡日期, NULL, NULL, NULL, 证件号码
    FROM read_parquet(feed_file('deaths')) WHERE 死亡日期 <= today()
    UNION ALL
    SELECT 'accidents'::feed_name, 0, NULL, 事故日期, NULL, NULL, NULL, 证件号码
    FROM read_parquet(feed_file('accidents')) WHERE in_days(事故日期, 90)
    UNION ALL
    SELECT 'employment'::feed_name, file_row_number, 姓名, month, NULL, NULL, 状态, 证件号码
    FROM (SELECT *, (最近参保月份 || '-01')::DATE AS month
          FROM read_parquet(feed_file('employment'), file_row_number = true)) WHERE month <= today()
    UNION ALL
    SELECT 'disasters'::feed_name, 0, NULL, 发生日期, NULL, 损失金额, NULL, 户主证件号码
    FROM read_parquet(feed_file('disasters')) WHERE in_days(发生日期, 180) AND 损失金额 > 0
    UNION ALL
    SELECT 'farm_losses'::feed_name, 0, NULL, 日期, NULL, 损失金额, NULL, 户主证件号码
    FROM read_parquet(feed_file('farm_losses')) WHERE in_days(日期, 180) AND 损失金额 > 0
    UNION ALL
    SELECT 'loans'::feed_name, file_row_number, NULL, 放款日期, 到期日期, 金额, 状态, 证件号码
    FROM read_parquet(feed_file('loans'), file_row_number = true) WHERE 放款日期 <= today()
)
SELECT rows.* REPLACE (CASE WHEN rid IS NULL THEN rows.name END AS name,
                       CASE WHEN rid IS NULL OR feed IN ('deaths', 'schooling', 'employment') THEN raw END AS raw), rid, hid
FROM rows LEFT JOIN people ON number = raw;        -- ages are read off the numbers of three feeds

-- what was not found as it stands is cleaned and looked up again
CREATE TEMP TABLE unfound AS
WITH scrub AS MATERIALIZED (
    SELECT feed, n, name, since, until, amount, word, scrubbed(raw) AS number FROM first_look WHERE rid IS NULL
    UNION ALL SELECT 'medical'::feed_name, 0, NULL, NULL, NULL, amount, NULL, scrubbed(raw) FROM bills WHERE hid IS NULL
),
grown AS MATERIALIZED (SELECT *, CASE WHEN length(number) = 15 THEN TRY_CAST(longer(number) AS BIGINT) END AS body FROM scrub)
SELECT * EXCLUDE (body) REPLACE (CASE WHEN body IS NULL THEN number ELSE longer(number) || check_character(body) END AS number) FROM grown;
CREATE TEMP TABLE second_look AS
SELECT unfound.*, rid, hid FROM unfound LEFT JOIN people USING (number);
CREATE TEMP VIEW linked AS
SELECT feed, n, since, until, amount, word, rid, hid, raw AS number FROM first_look WHERE rid IS NOT NULL
UNION ALL SELECT feed, n, since, until, amount, word, rid, hid, number FROM second_look WHERE rid IS NOT NULL;
CREATE TEMP TABLE paid AS
SELECT hid, sum(amount) AS paid FROM (
    SELECT hid, amount FROM bills WHERE hid IS NOT NULL
    UNION ALL SELECT hid, amount FROM linked WHERE feed = 'medical') GROUP BY hid HAVING sum(amount) >= 5000;

-- ---- who died, and who is left ------------------------------------------------------------------------------------
CREATE TEMP TABLE dead AS SELECT rid, any_value(hid) AS hid, max(since) AS died, any_value(number) AS number
FROM linked WHERE feed = 'deaths' AND rid IS NOT NULL GROUP BY rid;
CREATE TEMP TABLE living AS
SELECT hid, any_value(members) - coalesce(count(dead.rid), 0) AS residents
FROM homes LEFT JOIN dead USING (hid) GROUP BY hid HAVING residents > 0;

-- ---- rows left to a person (only where absence is asked for): numbers one edit or transposition away, or the name ----
CREATE TEMP TABLE doubtful AS
SELECT DISTINCT feed, name, number, strlen(number) AS long FROM second_look
WHERE rid IS NULL AND number IS NOT NULL
  AND (feed = 'insured' OR (feed = 'employment' AND since > date_trunc('month', today()) - INTERVAL 3 MONTH));
CREATE TEMP TABLE offered AS
WITH places AS (                     -- inverse * weight of the place = 1 (mod 11); fall: by how much the weight of the next one is less
    SELECT i, [8, 5, 10, 9, 7, 3, 6, 1, 2, 4, 8, 5, 10, 9, 7, 3, 6, 1][i] AS inverse,
           [-2, -1, 5, -3, 4, 2, 1, -5, 3, -4, -2, -1, 5, -3, 4, 2, 1, 0][i] AS fall FROM range(1, 19) t(i)
), read AS MATERIALIZED (            -- check sums as they stand, of what is digits but for one character at most
    SELECT feed, number, body, last, (12 - (check_sum(body) + last) % 11) % 11 AS lacking
    FROM (SELECT feed, number, TRY_CAST(left(number, 17) AS BIGINT) AS body,
                 CASE WHEN right(number, 1) = 'X' THEN 10 ELSE TRY_CAST(right(number, 1) AS INT) END AS last FROM doubtful WHERE long = 18)
), sound AS MATERIALIZED (           -- every place of what is digits, with the next one
    SELECT feed, number, i, inverse, fall, lacking, CASE WHEN i = 18 THEN last ELSE substr(number, i, 1)::INT END AS digit,
           CASE WHEN i >= 17 THEN last ELSE substr(number, i + 1, 1)::INT END AS next
    FROM read, places WHERE body IS NOT NULL AND last IS NOT NULL
), wrong AS (                        -- a wrong character of eighteen: what it has to be more than it is
    SELECT feed, number, i, (digit + lacking * inverse) % 11 AS digit FROM sound
), seventeen AS (                    -- a lost character leaves a gap at any of eighteen places
    SELECT feed, left(number, i - 1) || '0' || substr(number, i) AS number, i, inverse FROM doubtful, places WHERE long = 17
), gaps AS (                         -- so does one that is no digit
    SELECT feed, number, i, inverse FROM read, places WHERE body IS NULL OR last IS NULL
    UNION ALL SELECT feed, number, i, inverse FROM seventeen
), rests AS MATERIALIZED (           -- check sum of what stands around the gap
    SELECT feed, number, i, inverse,
           CASE WHEN i = 18 THEN 0 WHEN right(number, 1) = 'X' THEN 10 ELSE TRY_CAST(right(number, 1) AS INT) END AS last,
           TRY_CAST(CASE WHEN i = 18 THEN left(number, 17)
                         ELSE left(number, i - 1) || '0' || substr(number, i + 1, 17 - i) END AS BIGINT) AS body
    FROM gaps
), filled AS (                       -- only one digit at a place makes the check right
    SELECT feed, number, i, digit FROM wrong
    UNION ALL
    SELECT feed, number, i, (12 - (check_sum(body) + last) % 11) % 11 * inverse % 11
    FROM rests WHERE body IS NOT NULL AND last IS NOT NULL
), near AS (
    SELECT feed, left(number, i - 1) || CASE WHEN digit = 10 THEN 'X' ELSE digit::INT::VARCHAR END || substr(number, i + 1) AS number
    FROM filled WHERE digit < 10 OR i = 18
    UNION ALL
    SELECT feed, left(number, i - 1) || substr(number, i + 1, 1) || substr(number, i, 1) || substr(number, i + 2)
    FROM (SELECT feed, number, i FROM sound WHERE i < 18 AND ((next - digit) * fall - lacking) % 11 = 0
          UNION ALL SELECT feed, number, 17 FROM read WHERE body IS NULL)
    UNION ALL
    SELECT feed, left(number, i - 1) || substr(number, i + 1) FROM doubtful, range(1, 20) t(i) WHERE long = 19
)
SELECT feed, rid, hid FROM near JOIN people USING (number)
UNION
SELECT feed, rid, hid FROM doubtful d             -- a broken number still tells birth and area
JOIN people p ON p.name = d.name AND left(coalesce(p.number, p.broken), 14) = left(d.number, 14) WHERE long >= 14;

-- ---- signals and rules ---------------------------------------------------------------------------------------------
CREATE TEMP TABLE latest AS
SELECT feed, rid, any_value(hid) AS hid, any_value(number) AS number, max_by(since, ord) AS since,
       max_by(amount, ord) AS amount, max_by(word, ord) AS word
FROM (SELECT *, (since - DATE '1900-01-01')::BIGINT * 10000000000 + n AS ord FROM linked
      WHERE rid IS NOT NULL AND feed IN ('disability', 'schooling', 'employment'))
ANTI JOIN dead USING (rid) GROUP BY feed, rid;

CREATE TEMP TABLE hits AS
WITH spells AS (
    SELECT hid, word, since, arg_max(coalesce(until, DATE '0001-01-01'), n) AS stop
    FROM linked WHERE feed = 'relief' AND hid IS NOT NULL GROUP BY hid, word, since
), spell AS (SELECT hid, word, since, nullif(stop, DATE '0001-01-01') AS until FROM spells),
houses AS (
    SELECT hid, max_by(word, ord) AS grade, max_by(since, ord) AS graded, list(until) AS done
    FROM (SELECT *, (since - DATE '1900-01-01')::BIGINT * 10000000000 + n AS ord FROM linked
          WHERE feed = 'housing' AND hid IS NOT NULL) GROUP BY hid
), jobs AS (
    SELECT hid, months, coalesce(age_on(birth, today()) BETWEEN 16 AND 59, false) AS counts
    FROM (SELECT hid, months, CASE WHEN months <= 12 AND word <> '退休' THEN born(number) END AS birth
          FROM (SELECT hid, word, number, (year(today()) - year(since)) * 12 + month(today()) - month(since) AS months
                FROM latest WHERE feed = 'employment'))
), lines AS (
    SELECT hid, rid, since, amount, max_by(word, n) AS state, arg_max(coalesce(until, DATE '9999-01-01'), n) AS due
    FROM linked WHERE feed = 'loans' AND rid IS NOT NULL GROUP BY ALL
), callers AS NOT MATERIALIZED (
    SELECT 联系电话 AS phone, 区划代码 AS village, 姓名 AS name, 户编号 AS household, file_row_number AS rid
    FROM read_parquet(register_file('residents'), file_row_number = true)
), calls AS (
    SELECT row_number() OVER () AS call, * FROM read_parquet(feed_file('hotline')) WHERE in_days(日期, 30)
), by_phone AS (
    SELECT call, any_value(household) AS household FROM (SELECT call, household, rid FROM calls JOIN callers ON phone = 联系电话)
    ANTI JOIN dead USING (rid) GROUP BY call HAVING count(*) = 1
), by_name AS (
    SELECT call, any_value(household) AS household
    FROM (SELECT call, household, rid FROM calls ANTI JOIN by_phone USING (call)
          JOIN callers ON name = 姓名 AND village = 区划代码 WHERE length(区划代码) = 12)
    ANTI JOIN dead USING (rid) GROUP BY call HAVING count(*) = 1
), income AS (
    SELECT 户编号 AS household,
           arg_max(工资性收入 + 生产经营性收入 + 财产性收入 + 转移性收入 - 生产经营性支出,
                   (核算止 - DATE '1900-01-01')::BIGINT * 10000000000 + file_row_number) AS net
    FROM read_parquet(register_file('household_income'), file_row_number = true) WHERE 核算止 <= today() GROUP BY 1
)
SELECT 'R01' AS rule, hid, json_object('self_paid_12m', yuan(paid)) AS figures
FROM paid JOIN homes USING (hid) WHERE kind IN ('脱贫户', '监测户')
UNION ALL
SELECT 'R02', hid, json_object('self_paid_12m', yuan(paid))
FROM paid JOIN homes USING (hid) WHERE kind NOT IN ('脱贫户', '监测户') AND paid >= 20000
UNION ALL
SELECT 'R03', hid, json_object('uninsured', count(*))
FROM people
ANTI JOIN (SELECT rid FROM linked WHERE feed = 'insured'
           UNION ALL SELECT rid FROM offered WHERE feed = 'insured' UNION ALL SELECT rid FROM dead) USING (rid)
WHERE month(today()) >= 3 GROUP BY hid
UNION ALL
SELECT 'R04', hid, json_object('diagnoses', count(*)) FROM linked ANTI JOIN dead USING (rid)
WHERE feed = 'serious_illness' AND rid IS NOT NULL GROUP BY hid
UNION ALL
SELECT 'R05', hid, json_object('absent_pupils', count(*)) FROM latest
WHERE feed = 'schooling' AND word IN ('辍学', '失学', '未入学') AND age_on(born(number), today()) BETWEEN 6 AND 15 GROUP BY hid
UNION ALL
SELECT 'R06', hid, json_object('school_cost', yuan(sum(amount))) FROM latest
WHERE feed = 'schooling' AND since > a_year_back() GROUP BY hid HAVING sum(amount) > 10000
UNION ALL
SELECT 'R07', hid, json_object('grade', grade) FROM houses
WHERE grade IN ('C', 'D') AND len(list_filter(done, lambda d: d >= graded AND d <= today())) = 0
UNION ALL
SELECT 'R09', hid, json_object('begun', count(*) FILTER (begun), 'ended', count(*) FILTER (ended)) FROM (
    SELECT hid, in_days(since, 90) AND NOT EXISTS (
               FROM spell o WHERE o.hid = s.hid AND o.word = s.word AND s.since - o.until BETWEEN 0 AND 31) AS begun,
           coalesce(in_days(until, 90), false) AND NOT EXISTS (
               FROM spell o WHERE o.hid = s.hid AND o.word = s.word AND o.since - s.until BETWEEN 0 AND 31) AS ended
    FROM spell s) WHERE begun OR ended GROUP BY hid
UNION ALL
SELECT 'R10', hid, json_object('deaths', count(*)) FROM dead
WHERE in_days(died, 180) AND age_on(born(number), died) BETWEEN 16 AND 59 GROUP BY hid
UNION ALL
SELECT 'R11', hid, json_object('cards', count(*)) FROM latest
WHERE feed = 'disability' AND in_days(since, 180)
  AND (word[1] IN ('一', '二', '1', '2') OR word IN ('三智力', '三精神', '3智力', '3精神')) GROUP BY hid
UNION ALL
SELECT 'R12', hid, json_object('months_without', max(months) FILTER (counts)) FROM jobs
ANTI JOIN (SELECT o.hid FROM offered o ANTI JOIN dead USING (rid) WHERE feed = 'employment') USING (hid)
GROUP BY hid HAVING min(months) >= 3 AND bool_or(counts)
UNION ALL
SELECT 'R13', hid, json_object('accidents', count(*)) FROM linked WHERE feed = 'accidents' AND hid IS NOT NULL GROUP BY hid
UNION ALL
SELECT CASE feed WHEN 'disasters' THEN 'R14' ELSE 'R15' END, hid, json_object('loss', yuan(sum(amount))) FROM linked
WHERE feed IN ('disasters', 'farm_losses') AND hid IS NOT NULL GROUP BY feed, hid
UNION ALL
SELECT 'R16', hid, json_object('days_overdue', max(today() - due), 'amount', yuan(sum(amount))) FROM lines
WHERE state IN ('逾期', '展期') AND today() - due > 30 GROUP BY hid
UNION ALL
SELECT 'R17', hid, json_object('tips', count(*)) FROM (FROM by_phone UNION ALL FROM by_name) JOIN homes USING (household)
GROUP BY hid
UNION ALL
SELECT 'R18', hid, json_object('income_per_head', yuan(round((net * 100)::BIGINT / residents) / 100),
                               'line', yuan(getvariable('line') / 100))
FROM income JOIN homes USING (household) JOIN living USING (hid) WHERE net * 100 <= getvariable('line') * residents;

CREATE TEMP TABLE departments AS SELECT * FROM (VALUES
    ('R01', '医保'), ('R02', '医保'), ('R03', '医保'), ('R04', '卫健'), ('R05', '教体'), ('R06', '教体'), ('R07', '住建'),
    ('R09', '民政'), ('R10', '公安'), ('R11', '残联'), ('R12', '人社'), ('R13', '公安'), ('R14', '应急'),
    ('R15', '农业农村'), ('R16', '金融'), ('R17', '信访'), ('R18', '乡村振兴')) t(rule, department);

CREATE TABLE alerts AS
WITH levels AS (
    SELECT hid, CASE WHEN bool_or(rule IN ('R05', 'R18')) OR count(DISTINCT department) > 1
                     THEN 'red' ELSE 'yellow' END AS level
    FROM hits JOIN departments USING (rule) GROUP BY hid
), trouble AS (
    SELECT 区划代码 AS code, 开始日期 AS since, arg_max(coalesce(恢复日期, DATE '9999-01-01'), file_row_number) AS until
    FROM read_parquet(feed_file('water'), file_row_number = true) WHERE 开始日期 <= today() GROUP BY ALL
)
SELECT rule, household, area, level, figures::VARCHAR AS figures
FROM hits JOIN homes USING (hid) JOIN living USING (hid) JOIN levels USING (hid)
UNION ALL
SELECT 'R08', '', v.code, 'yellow', json_object('days_open', max(today() - t.since))::VARCHAR
FROM trouble t JOIN read_csv(getvariable('areas'), auto_detect = false, delim = ',', quote = '"', skip = 2,
     strict_mode = false, null_padding = true, columns = {'code': 'VARCHAR', 'level': 'VARCHAR', 'name': 'VARCHAR',
     'parent': 'VARCHAR', 'alias_code': 'VARCHAR', 'note': 'VARCHAR'}) v ON starts_with(v.code, t.code)
WHERE v.level = 'village' AND t.until > today() GROUP BY v.code;
