WITH step_1 AS (
  SELECT
    CAST([t].[late] AS FLOAT) AS [late],
    (
      CAST([t].[行业] AS NVARCHAR(MAX)) + N'|'
    ) COLLATE Latin1_General_100_BIN2 AS [行业],
    CASE WHEN CAST([t].[late] AS NVARCHAR(MAX)) = N'' THEN 1 ELSE 0 END AS [_1]
  FROM subjects AS t
), step_2 AS (
  SELECT
    CASE
      WHEN [step_1].[_1] = 1
      THEN NULL
      WHEN (
        [step_1].[late] IS NULL
      ) OR (
        [step_1].[late] <> [step_1].[late]
      )
      THEN 244 /* late: missing */
      WHEN (
        [step_1].[late] > CAST(1.7976931348623157e+308 AS FLOAT)
      )
      OR (
        [step_1].[late] < (
          -CAST(1.7976931348623157e+308 AS FLOAT)
        )
      )
      THEN NULL
      WHEN [step_1].[late] < CAST(0.5 AS FLOAT)
      THEN 148 /* late: < 0.5 */
      ELSE 193 /* late: >= 0.5 */
    END AS [_2],
    CASE
      WHEN [step_1].[行业] IS NULL
      THEN 325 /* 行业: missing */
      WHEN (
        [step_1].[行业] COLLATE Latin1_General_100_BIN2
      ) = N'茶叶|'
      THEN 197 /* 行业: 茶叶 */
      WHEN (
        [step_1].[行业] COLLATE Latin1_General_100_BIN2
      ) = N'O''Neil|'
      THEN 257 /* 行业: O’Neil */
      ELSE 401 /* 行业: not seen before */
    END AS [_3]
  FROM step_1
), step_3 AS (
  SELECT
    0 + [step_2].[_2] + [step_2].[_3] AS [score]
  FROM step_2
)
SELECT
  [step_3].[score]
FROM step_3
