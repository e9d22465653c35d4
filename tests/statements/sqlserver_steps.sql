WITH step_1 AS (
  SELECT
    (
      CAST([t].[id] AS NVARCHAR(MAX)) + N'|'
    ) COLLATE Latin1_General_100_BIN2 AS [id],
    CAST([t].[debt] AS BIGINT) AS [debt],
    CAST([t].[assets] AS BIGINT) AS [assets],
    CAST([t].[named] AS BIT) AS [named],
    CAST([t].[opened] AS DATE) AS [opened],
    (
      CAST([t].[trade] AS NVARCHAR(MAX)) + N'|'
    ) COLLATE Latin1_General_100_BIN2 AS [trade]
  FROM firms AS t
), step_2 AS (
  SELECT
    (
      CAST([t].[id] AS NVARCHAR(MAX)) + N'|'
    ) COLLATE Latin1_General_100_BIN2 AS [id],
    (
      CAST([t].[code] AS NVARCHAR(MAX)) + N'|'
    ) COLLATE Latin1_General_100_BIN2 AS [code],
    CAST([t].[day] AS DATE) AS [day],
    CAST([t].[repaired] AS BIT) AS [repaired]
  FROM happened AS t
), step_3 AS (
  SELECT
    [step_2].[id] AS [id],
    [step_2].[code] AS [code],
    [step_2].[day] AS [day],
    [step_2].[repaired] AS [repaired]
  FROM step_2
  WHERE
    (
      [step_2].[code] COLLATE Latin1_General_100_BIN2
    ) IN (N'01|', N'02|')
), step_4 AS (
  SELECT
    [step_3].[id] AS [id],
    CASE
      WHEN COALESCE(
        CASE
          WHEN (
            NOT (
              [step_3].[repaired] = 1
            )
          )
          AND (
            [step_3].[day] <= CAST('2021-04-30' AS DATE)
          )
          THEN 1
          WHEN NOT (
            (
              NOT (
                [step_3].[repaired] = 1
              )
            )
            AND (
              [step_3].[day] <= CAST('2021-04-30' AS DATE)
            )
          )
          THEN 0
        END,
        1
      ) = 1
      THEN 3
      ELSE 1
    END AS [points]
  FROM step_3
), step_5 AS (
  SELECT
    [step_4].[id] AS [id],
    CAST(COALESCE(SUM([step_4].[points]), 0) AS BIGINT) AS [deducted]
  FROM step_4
  GROUP BY
    [step_4].[id]
), step_6 AS (
  SELECT
    [step_1].[debt] AS [debt],
    [step_1].[assets] AS [assets],
    [step_1].[named] AS [named],
    [step_1].[opened] AS [opened],
    [step_1].[trade] AS [trade],
    [step_1].[id] AS [id],
    [step_5].[deducted] AS [deducted]
  FROM step_1
  LEFT JOIN step_5
    ON [step_1].[id] COLLATE Latin1_General_100_BIN2 = [step_5].[id] COLLATE Latin1_General_100_BIN2
), step_7 AS (
  SELECT
    [step_6].[id] AS [id],
    CASE
      WHEN CAST([step_6].[assets] AS NUMERIC(38, 0)) > 0
      THEN CAST(CAST((
        (
          CAST([step_6].[debt] AS NUMERIC(38, 0)) * 100
        ) - (
          (
            CAST([step_6].[debt] AS NUMERIC(38, 0)) * 100
          ) % CAST([step_6].[assets] AS NUMERIC(38, 0))
        )
      ) / NULLIF(CAST([step_6].[assets] AS NUMERIC(38, 0)), 0) AS NUMERIC(38, 0)) - CASE
        WHEN (
          CAST([step_6].[debt] AS NUMERIC(38, 0)) * 100
        ) % CAST([step_6].[assets] AS NUMERIC(38, 0)) < 0
        THEN 1
        ELSE 0
      END AS BIGINT)
      ELSE NULL
    END AS [percent],
    18747 - DATEDIFF(DAY, CAST('1970-01-01' AS DATE), [step_6].[opened]) AS [age],
    CAST(DATEPART(YEAR, [step_6].[opened]) AS INTEGER) AS [year],
    CASE
      WHEN (
        [step_6].[trade] COLLATE Latin1_General_100_BIN2
      ) = N'茶|'
      THEN N'tea|'
      ELSE N'O''Neil|'
    END AS [said],
    CASE
      WHEN (
        [step_6].[named] = 1
      ) OR (
        [step_6].[deducted] > 5
      )
      THEN 1
      WHEN NOT (
        (
          [step_6].[named] = 1
        ) OR (
          [step_6].[deducted] > 5
        )
      )
      THEN 0
    END AS [barred],
    CAST(NULL AS BIT) AS [unknown]
  FROM step_6
)
SELECT
  LEFT([step_7].[id], LEN([step_7].[id]) - 1) AS [id],
  [step_7].[percent],
  [step_7].[age],
  [step_7].[year],
  LEFT([step_7].[said], LEN([step_7].[said]) - 1) AS [said],
  [step_7].[barred],
  [step_7].[unknown]
FROM step_7
