WITH step_1 AS (
  SELECT /*+ NO_MERGE */
    TO_BINARY_DOUBLE("t"."late") AS "late",
    CAST("t"."行业" AS VARCHAR2(4000)) AS "行业"
  FROM subjects t
), step_2 AS (
  SELECT /*+ NO_MERGE */
    CASE
      WHEN (
        "step_1"."late" IS NULL
      ) OR (
        "step_1"."late" IS NAN
      )
      THEN 244 /* late: missing */
      WHEN (
        "step_1"."late" IS INFINITE AND "step_1"."late" > 0
      )
      OR (
        "step_1"."late" IS INFINITE AND "step_1"."late" < 0
      )
      THEN NULL
      WHEN "step_1"."late" < TO_BINARY_DOUBLE(0.5)
      THEN 148 /* late: < 0.5 */
      ELSE 193 /* late: >= 0.5 */
    END AS "_1",
    CASE
      WHEN "step_1"."行业" IS NULL
      THEN 325 /* 行业: missing */
      WHEN NLSSORT("step_1"."行业", 'NLS_SORT=BINARY') = NLSSORT('茶叶', 'NLS_SORT=BINARY')
      THEN 197 /* 行业: 茶叶 */
      WHEN NLSSORT("step_1"."行业", 'NLS_SORT=BINARY') = NLSSORT('O''Neil', 'NLS_SORT=BINARY')
      THEN 257 /* 行业: O’Neil */
      ELSE 401 /* 行业: not seen before */
    END AS "_2"
  FROM step_1
), step_3 AS (
  SELECT /*+ NO_MERGE */
    0 + "step_2"."_1" + "step_2"."_2" AS "score"
  FROM step_2
)
SELECT
  "step_3"."score"
FROM step_3
