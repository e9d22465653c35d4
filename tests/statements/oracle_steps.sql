WITH step_1 AS (
  SELECT /*+ NO_MERGE */
    CAST("t"."id" AS VARCHAR2(4000)) AS "id",
    CAST("t"."debt" AS NUMBER(19)) AS "debt",
    CAST("t"."assets" AS NUMBER(19)) AS "assets",
    CAST("t"."named" AS NUMBER(1)) AS "named",
    TRUNC(CAST("t"."opened" AS DATE)) AS "opened",
    CAST("t"."trade" AS VARCHAR2(4000)) AS "trade"
  FROM firms t
), step_2 AS (
  SELECT /*+ NO_MERGE */
    CAST("t"."id" AS VARCHAR2(4000)) AS "id",
    CAST("t"."code" AS VARCHAR2(4000)) AS "code",
    TRUNC(CAST("t"."day" AS DATE)) AS "day",
    CAST("t"."repaired" AS NUMBER(1)) AS "repaired"
  FROM happened t
), step_3 AS (
  SELECT
    "step_2"."id",
    "step_2"."code",
    "step_2"."day",
    "step_2"."repaired"
  FROM step_2
  WHERE
    NLSSORT("step_2"."code", 'NLS_SORT=BINARY') IN (NLSSORT('01', 'NLS_SORT=BINARY'), NLSSORT('02', 'NLS_SORT=BINARY'))
), step_4 AS (
  SELECT /*+ NO_MERGE */
    "step_3"."id",
    CASE
      WHEN COALESCE(
        CASE
          WHEN (
            NOT (
              "step_3"."repaired" = 1
            )
          )
          AND (
            "step_3"."day" <= TO_DATE('2021-04-30', 'YYYY-MM-DD')
          )
          THEN 1
          WHEN NOT (
            (
              NOT (
                "step_3"."repaired" = 1
              )
            )
            AND (
              "step_3"."day" <= TO_DATE('2021-04-30', 'YYYY-MM-DD')
            )
          )
          THEN 0
        END,
        1
      ) = 1
      THEN 3
      ELSE 1
    END AS "points"
  FROM step_3
), step_5 AS (
  SELECT
    "step_4"."id",
    CAST(COALESCE(SUM("step_4"."points"), 0) AS NUMBER(19)) AS "deducted"
  FROM step_4
  GROUP BY
    "step_4"."id"
), step_6 AS (
  SELECT
    "step_1"."debt",
    "step_1"."assets",
    "step_1"."named",
    "step_1"."opened",
    "step_1"."trade",
    "step_1"."id",
    "step_5"."deducted"
  FROM step_1
  LEFT JOIN step_5
    ON NLSSORT("step_1"."id", 'NLS_SORT=BINARY') = NLSSORT("step_5"."id", 'NLS_SORT=BINARY')
), step_7 AS (
  SELECT /*+ NO_MERGE */
    "step_6"."id",
    CASE
      WHEN CAST("step_6"."assets" AS NUMBER(38)) > 0
      THEN CAST((
        (
          (
            CAST("step_6"."debt" AS NUMBER(38)) * 100
          ) - (
            MOD(
              (
                CAST("step_6"."debt" AS NUMBER(38)) * 100
              ),
              CAST("step_6"."assets" AS NUMBER(38))
            )
          )
        ) / NULLIF(CAST("step_6"."assets" AS NUMBER(38)), 0)
      ) - CASE
        WHEN MOD(
          (
            CAST("step_6"."debt" AS NUMBER(38)) * 100
          ),
          CAST("step_6"."assets" AS NUMBER(38))
        ) < 0
        THEN 1
        ELSE 0
      END AS NUMBER(19))
      ELSE NULL
    END AS "percent",
    18747 - CAST((
      "step_6"."opened" - TO_DATE('1970-01-01', 'YYYY-MM-DD')
    ) AS NUMBER(19)) AS "age",
    CAST(EXTRACT(YEAR FROM "step_6"."opened") AS NUMBER(10)) AS "year",
    CASE
      WHEN NLSSORT("step_6"."trade", 'NLS_SORT=BINARY') = NLSSORT('茶', 'NLS_SORT=BINARY')
      THEN 'tea'
      ELSE 'O''Neil'
    END AS "said",
    CASE
      WHEN (
        "step_6"."named" = 1
      ) OR (
        "step_6"."deducted" > 5
      )
      THEN 1
      WHEN NOT (
        (
          "step_6"."named" = 1
        ) OR (
          "step_6"."deducted" > 5
        )
      )
      THEN 0
    END AS "barred",
    CAST(NULL AS NUMBER(1)) AS "unknown"
  FROM step_6
)
SELECT
  "step_7"."id",
  "step_7"."percent",
  "step_7"."age",
  "step_7"."year",
  "step_7"."said",
  "step_7"."barred",
  "step_7"."unknown"
FROM step_7
