WITH step_1 AS (
  SELECT
    [t].[id] AS [id],
    CAST([t].[score] AS FLOAT) AS [score],
    (
      CAST([t].[place] AS NVARCHAR(MAX)) + N'|'
    ) COLLATE Latin1_General_100_BIN2 AS [place],
    CAST([t].[green] AS BIT) AS [green]
  FROM subjects AS t
), step_2 AS (
  SELECT
    [step_1].[id] AS [id],
    [step_1].[score] AS [score],
    [step_1].[place] AS [place],
    [step_1].[green] AS [green],
    CASE
      WHEN [step_1].[score] IS NULL
      THEN 0 /* score missing: the score is missing: not decided */
      WHEN [step_1].[score] <> [step_1].[score]
      THEN 1 /* score missing: the score is missing: not decided */
      WHEN (
        [step_1].[score] > CAST(1.7976931348623157e+308 AS FLOAT)
      )
      OR (
        [step_1].[score] < (
          -CAST(1.7976931348623157e+308 AS FLOAT)
        )
      )
      THEN 2 /* score infinite: the score is infinite: not decided */
      WHEN (
        CASE
          WHEN (
            (
              [step_1].[place] COLLATE Latin1_General_100_BIN2
            ) = N'Lishui |'
          )
          AND (
            [step_1].[green] = 1
          )
          THEN 1
          WHEN NOT (
            (
              (
                [step_1].[place] COLLATE Latin1_General_100_BIN2
              ) = N'Lishui |'
            )
            AND (
              [step_1].[green] = 1
            )
          )
          THEN 0
        END IS NULL
      )
      AND (
        [step_1].[place] IS NULL
      )
      THEN 3 /* place missing: place is missing, so the segment is not known: not decided */
      WHEN (
        CASE
          WHEN (
            (
              [step_1].[place] COLLATE Latin1_General_100_BIN2
            ) = N'Lishui |'
          )
          AND (
            [step_1].[green] = 1
          )
          THEN 1
          WHEN NOT (
            (
              (
                [step_1].[place] COLLATE Latin1_General_100_BIN2
              ) = N'Lishui |'
            )
            AND (
              [step_1].[green] = 1
            )
          )
          THEN 0
        END IS NULL
      )
      AND (
        [step_1].[green] IS NULL
      )
      THEN 4 /* green missing: green is missing, so the segment is not known: not decided */
      WHEN (
        (
          [step_1].[place] COLLATE Latin1_General_100_BIN2
        ) = N'Lishui |'
      )
      AND (
        [step_1].[green] = 1
      )
      AND (
        [step_1].[score] >= CAST(590.0 AS FLOAT)
      )
      THEN 5 /* place=Lishui , green=true: score >= 590: for place Lishui and green yes, score at least 590: refer to a person */
      WHEN (
        (
          [step_1].[place] COLLATE Latin1_General_100_BIN2
        ) = N'Lishui |'
      )
      AND (
        [step_1].[green] = 1
      )
      THEN 6 /* place=Lishui , green=true: score < 590: for place Lishui and green yes, score below 590: decline */
      WHEN [step_1].[score] >= CAST(600.5 AS FLOAT)
      THEN 7 /* policy: score >= 600.5: score at least 600.5: approve */
      ELSE 8 /* policy: score < 600.5: score below 600.5: decline */
    END AS [_step]
  FROM step_1
), step_3 AS (
  SELECT
    [step_2].[id] AS [id],
    [step_2].[score] AS [score],
    [step_2].[place] AS [place],
    [step_2].[green] AS [green],
    [step_2].[_step] AS [_step],
    CASE
      WHEN (
        (
          [step_2].[place] COLLATE Latin1_General_100_BIN2
        ) = N'Lishui |'
      )
      AND (
        [step_2].[green] = 1
      )
      THEN NULL
      ELSE CAST(600.5 AS FLOAT) - [step_2].[score]
    END AS [_gap]
  FROM step_2
), step_4 AS (
  SELECT
    [step_3].[id] AS [id],
    [step_3].[score] AS [score],
    [step_3].[place] AS [place],
    [step_3].[green] AS [green],
    [step_3].[_step] AS [_step],
    [step_3].[_gap] AS [_gap],
    CASE
      WHEN (
        [step_3].[_gap] >= CAST(0.0 AS FLOAT)
      )
      AND (
        [step_3].[_gap] < CAST(70368744177664.0 AS FLOAT)
      )
      THEN [step_3].[_gap]
      ELSE CAST(0.0 AS FLOAT)
    END * CAST(100.0 AS FLOAT) AS [_scaled]
  FROM step_3
), step_5 AS (
  SELECT
    [step_4].[id] AS [id],
    [step_4].[score] AS [score],
    [step_4].[place] AS [place],
    [step_4].[green] AS [green],
    [step_4].[_step] AS [_step],
    [step_4].[_gap] AS [_gap],
    [step_4].[_scaled] AS [_scaled],
    CAST([step_4].[_scaled] AS BIGINT) AS [_cut]
  FROM step_4
), step_6 AS (
  SELECT
    [step_5].[id] AS [id],
    [step_5].[score] AS [score],
    [step_5].[place] AS [place],
    [step_5].[green] AS [green],
    [step_5].[_step] AS [_step],
    [step_5].[_gap] AS [_gap],
    [step_5].[_scaled] AS [_scaled],
    [step_5].[_cut] AS [_cut],
    CASE
      WHEN (
        [step_5].[_gap] >= CAST(0.0 AS FLOAT)
      )
      AND (
        [step_5].[_gap] < CAST(70368744177664.0 AS FLOAT)
      )
      THEN CASE
        WHEN (
          (
            [step_5].[_scaled] - CAST([step_5].[_cut] AS FLOAT)
          ) > CAST(0.5 AS FLOAT)
        )
        OR (
          (
            (
              [step_5].[_scaled] - CAST([step_5].[_cut] AS FLOAT)
            ) = CAST(0.5 AS FLOAT)
          )
          AND (
            (
              [step_5].[_cut] - (
                (
                  (
                    [step_5].[_cut] / 2
                  ) - CASE WHEN [step_5].[_cut] % 2 < 0 THEN 1 ELSE 0 END
                ) * 2
              )
            ) = 1
          )
        )
        THEN [step_5].[_cut] + 1
        ELSE [step_5].[_cut]
      END
      ELSE NULL
    END AS [_hundredths],
    CASE WHEN [step_5].[_gap] IS NULL THEN 1 ELSE 0 END AS [_place_1]
  FROM step_5
), step_7 AS (
  SELECT
    [step_6].[id] AS [id],
    [step_6].[score] AS [score],
    [step_6].[place] AS [place],
    [step_6].[green] AS [green],
    [step_6].[_step] AS [_step],
    [step_6].[_gap] AS [_gap],
    [step_6].[_scaled] AS [_scaled],
    [step_6].[_cut] AS [_cut],
    [step_6].[_hundredths] AS [_hundredths],
    [step_6].[_place_1] AS [_place_1],
    CASE
      WHEN [step_6].[_place_1] = 0
      THEN N'评分未达通过线|'
      WHEN [step_6].[_place_1] = 1
      THEN N'该类申请不直接通过|'
      ELSE NULL
    END AS [_1],
    [step_6].[_hundredths] - (
      (
        (
          [step_6].[_hundredths] / 100
        ) - CASE WHEN [step_6].[_hundredths] % 100 < 0 THEN 1 ELSE 0 END
      ) * 100
    ) AS [_2],
    LEFT(
      (
        (
          CAST((
            [step_6].[_hundredths] / 100
          ) - CASE WHEN [step_6].[_hundredths] % 100 < 0 THEN 1 ELSE 0 END AS NVARCHAR(MAX)) + N'|'
        ) COLLATE Latin1_General_100_BIN2
      ),
      LEN(
        (
          (
            CAST((
              [step_6].[_hundredths] / 100
            ) - CASE WHEN [step_6].[_hundredths] % 100 < 0 THEN 1 ELSE 0 END AS NVARCHAR(MAX)) + N'|'
          ) COLLATE Latin1_General_100_BIN2
        )
      ) - 1
    ) + N'.|' AS [_3],
    CASE
      WHEN [step_6].[_place_1] = 0
      THEN N'score below the cut-off|'
      WHEN [step_6].[_place_1] = 1
      THEN N'nobody of this segment is approved outright|'
      ELSE NULL
    END AS [_4]
  FROM step_6
), step_8 AS (
  SELECT
    [step_7].[id] AS [id],
    [step_7].[score] AS [score],
    [step_7].[place] AS [place],
    [step_7].[green] AS [green],
    [step_7].[_step] AS [_step],
    [step_7].[_gap] AS [_gap],
    [step_7].[_scaled] AS [_scaled],
    [step_7].[_cut] AS [_cut],
    [step_7].[_hundredths] AS [_hundredths],
    [step_7].[_place_1] AS [_place_1],
    [step_7].[_1] AS [_1],
    [step_7].[_2] AS [_2],
    [step_7].[_3] AS [_3],
    [step_7].[_4] AS [_4],
    (
      [step_7].[_2] / 10
    ) - CASE WHEN [step_7].[_2] % 10 < 0 THEN 1 ELSE 0 END AS [_5]
  FROM step_7
), step_9 AS (
  SELECT
    [step_8].[id] AS [id],
    [step_8].[score] AS [score],
    [step_8].[place] AS [place],
    [step_8].[green] AS [green],
    [step_8].[_step] AS [_step],
    [step_8].[_gap] AS [_gap],
    [step_8].[_scaled] AS [_scaled],
    [step_8].[_cut] AS [_cut],
    [step_8].[_hundredths] AS [_hundredths],
    [step_8].[_place_1] AS [_place_1],
    [step_8].[_1] AS [_1],
    [step_8].[_2] AS [_2],
    [step_8].[_3] AS [_3],
    [step_8].[_4] AS [_4],
    [step_8].[_5] AS [_5],
    CASE
      WHEN [step_8].[_2] = 0
      THEN (
        CAST((
          [step_8].[_hundredths] / 100
        ) - CASE WHEN [step_8].[_hundredths] % 100 < 0 THEN 1 ELSE 0 END AS NVARCHAR(MAX)) + N'|'
      ) COLLATE Latin1_General_100_BIN2
      WHEN (
        [step_8].[_5] * 10
      ) = [step_8].[_2]
      THEN LEFT([step_8].[_3], LEN([step_8].[_3]) - 1) + (
        (
          CAST([step_8].[_5] AS NVARCHAR(MAX)) + N'|'
        ) COLLATE Latin1_General_100_BIN2
      )
      WHEN [step_8].[_2] < 10
      THEN LEFT(
        (
          LEFT(
            (
              (
                CAST((
                  [step_8].[_hundredths] / 100
                ) - CASE WHEN [step_8].[_hundredths] % 100 < 0 THEN 1 ELSE 0 END AS NVARCHAR(MAX)) + N'|'
              ) COLLATE Latin1_General_100_BIN2
            ),
            LEN(
              (
                (
                  CAST((
                    [step_8].[_hundredths] / 100
                  ) - CASE WHEN [step_8].[_hundredths] % 100 < 0 THEN 1 ELSE 0 END AS NVARCHAR(MAX)) + N'|'
                ) COLLATE Latin1_General_100_BIN2
              )
            ) - 1
          ) + N'.0|'
        ),
        LEN(
          (
            LEFT(
              (
                (
                  CAST((
                    [step_8].[_hundredths] / 100
                  ) - CASE WHEN [step_8].[_hundredths] % 100 < 0 THEN 1 ELSE 0 END AS NVARCHAR(MAX)) + N'|'
                ) COLLATE Latin1_General_100_BIN2
              ),
              LEN(
                (
                  (
                    CAST((
                      [step_8].[_hundredths] / 100
                    ) - CASE WHEN [step_8].[_hundredths] % 100 < 0 THEN 1 ELSE 0 END AS NVARCHAR(MAX)) + N'|'
                  ) COLLATE Latin1_General_100_BIN2
                )
              ) - 1
            ) + N'.0|'
          )
        ) - 1
      ) + (
        (
          CAST([step_8].[_2] AS NVARCHAR(MAX)) + N'|'
        ) COLLATE Latin1_General_100_BIN2
      )
      ELSE LEFT([step_8].[_3], LEN([step_8].[_3]) - 1) + (
        (
          CAST([step_8].[_2] AS NVARCHAR(MAX)) + N'|'
        ) COLLATE Latin1_General_100_BIN2
      )
    END AS [_6]
  FROM step_8
), step_10 AS (
  SELECT
    [step_9].[id] AS [id],
    [step_9].[score] AS [score],
    CASE
      WHEN [step_9].[_step] IN (0, 1, 2, 3, 4)
      THEN N'not decided|'
      WHEN [step_9].[_step] = 5
      THEN N'refer|'
      WHEN [step_9].[_step] IN (6, 8)
      THEN N'decline|'
      WHEN [step_9].[_step] = 7
      THEN N'approve|'
      ELSE NULL
    END AS [decision],
    CASE
      WHEN [step_9].[_step] IN (0, 1)
      THEN N'score missing|'
      WHEN [step_9].[_step] = 2
      THEN N'score infinite|'
      WHEN [step_9].[_step] = 3
      THEN N'place missing|'
      WHEN [step_9].[_step] = 4
      THEN N'green missing|'
      WHEN [step_9].[_step] = 5
      THEN N'place=Lishui , green=true: score >= 590|'
      WHEN [step_9].[_step] = 6
      THEN N'place=Lishui , green=true: score < 590|'
      WHEN [step_9].[_step] = 7
      THEN N'policy: score >= 600.5|'
      WHEN [step_9].[_step] = 8
      THEN N'policy: score < 600.5|'
      ELSE NULL
    END AS [decided_by],
    CASE
      WHEN [step_9].[_step] IN (0, 1)
      THEN N'缺少评分,未决策|'
      WHEN [step_9].[_step] = 2
      THEN N'评分为无穷大,未决策|'
      WHEN [step_9].[_step] = 3
      THEN N'缺少“place”,无法确定所属分段,未决策|'
      WHEN [step_9].[_step] = 4
      THEN N'缺少“green”,无法确定所属分段,未决策|'
      WHEN [step_9].[_step] = 5
      THEN N'“place”为Lishui 、“green”为是者,评分不低于590:转人工审核|'
      WHEN [step_9].[_step] = 6
      THEN N'“place”为Lishui 、“green”为是者,评分低于590:拒绝|'
      WHEN [step_9].[_step] = 7
      THEN N'评分不低于600.5:通过|'
      WHEN [step_9].[_step] = 8
      THEN N'评分低于600.5:拒绝|'
      ELSE NULL
    END AS [decided_by_zh],
    CASE
      WHEN [step_9].[_step] IN (0, 1)
      THEN N'the score is missing: not decided|'
      WHEN [step_9].[_step] = 2
      THEN N'the score is infinite: not decided|'
      WHEN [step_9].[_step] = 3
      THEN N'place is missing, so the segment is not known: not decided|'
      WHEN [step_9].[_step] = 4
      THEN N'green is missing, so the segment is not known: not decided|'
      WHEN [step_9].[_step] = 5
      THEN N'for place Lishui  and green yes, score at least 590: refer to a person|'
      WHEN [step_9].[_step] = 6
      THEN N'for place Lishui  and green yes, score below 590: decline|'
      WHEN [step_9].[_step] = 7
      THEN N'score at least 600.5: approve|'
      WHEN [step_9].[_step] = 8
      THEN N'score below 600.5: decline|'
      ELSE NULL
    END AS [decided_by_en],
    1 AS [trial],
    N'p@1|' AS [policy],
    N'8ed97b217e1f14bed53c51fd7a80c60ddb5a349ef25a35627d3d86aa1c52652a|' AS [policy_sha256],
    CASE
      WHEN [step_9].[_step] IN (5, 6, 8)
      THEN CASE
        WHEN [step_9].[_place_1] = 0
        THEN N'score_gap|'
        WHEN [step_9].[_place_1] = 1
        THEN N'segment_closed|'
        ELSE NULL
      END
      ELSE NULL
    END AS [reason_1],
    CASE WHEN [step_9].[_step] IN (5, 6, 8) THEN [step_9].[_gap] ELSE NULL END AS [lost_1],
    CASE
      WHEN [step_9].[_step] IN (5, 6, 8)
      THEN CASE
        WHEN [step_9].[_gap] IS NULL
        THEN [step_9].[_1]
        WHEN [step_9].[_6] IS NULL
        THEN NULL
        ELSE LEFT(
          (
            LEFT([step_9].[_1], LEN([step_9].[_1]) - 1) + N':距通过线差 |'
          ),
          LEN((
            LEFT([step_9].[_1], LEN([step_9].[_1]) - 1) + N':距通过线差 |'
          )) - 1
        ) + [step_9].[_6]
      END
      ELSE NULL
    END AS [reason_1_zh],
    CASE
      WHEN [step_9].[_step] IN (5, 6, 8)
      THEN CASE
        WHEN [step_9].[_gap] IS NULL
        THEN [step_9].[_4]
        WHEN [step_9].[_6] IS NULL
        THEN NULL
        ELSE LEFT(
          (
            LEFT(
              (
                LEFT([step_9].[_4], LEN([step_9].[_4]) - 1) + N': |'
              ),
              LEN((
                LEFT([step_9].[_4], LEN([step_9].[_4]) - 1) + N': |'
              )) - 1
            ) + [step_9].[_6]
          ),
          LEN(
            (
              LEFT(
                (
                  LEFT([step_9].[_4], LEN([step_9].[_4]) - 1) + N': |'
                ),
                LEN((
                  LEFT([step_9].[_4], LEN([step_9].[_4]) - 1) + N': |'
                )) - 1
              ) + [step_9].[_6]
            )
          ) - 1
        ) + N' short of approval|'
      END
      ELSE NULL
    END AS [reason_1_en]
  FROM step_9
)
SELECT
  [step_10].[id],
  [step_10].[score],
  LEFT([step_10].[decision], LEN([step_10].[decision]) - 1) AS [decision],
  LEFT([step_10].[decided_by], LEN([step_10].[decided_by]) - 1) AS [decided_by],
  LEFT([step_10].[decided_by_zh], LEN([step_10].[decided_by_zh]) - 1) AS [decided_by_zh],
  LEFT([step_10].[decided_by_en], LEN([step_10].[decided_by_en]) - 1) AS [decided_by_en],
  [step_10].[trial],
  LEFT([step_10].[policy], LEN([step_10].[policy]) - 1) AS [policy],
  LEFT([step_10].[policy_sha256], LEN([step_10].[policy_sha256]) - 1) AS [policy_sha256],
  LEFT([step_10].[reason_1], LEN([step_10].[reason_1]) - 1) AS [reason_1],
  [step_10].[lost_1],
  LEFT([step_10].[reason_1_zh], LEN([step_10].[reason_1_zh]) - 1) AS [reason_1_zh],
  LEFT([step_10].[reason_1_en], LEN([step_10].[reason_1_en]) - 1) AS [reason_1_en]
FROM step_10;
