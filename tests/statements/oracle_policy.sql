WITH step_1 AS (
  SELECT /*+ NO_MERGE */
    "t"."id",
    TO_BINARY_DOUBLE("t"."score") AS "score",
    CAST("t"."place" AS VARCHAR2(4000)) AS "place",
    CAST("t"."green" AS NUMBER(1)) AS "green"
  FROM subjects t
), step_2 AS (
  SELECT /*+ NO_MERGE */
    "step_1"."id",
    "step_1"."score",
    "step_1"."place",
    "step_1"."green",
    CASE
      WHEN "step_1"."score" IS NULL
      THEN 0 /* score missing: the score is missing: not decided */
      WHEN "step_1"."score" IS NAN
      THEN 1 /* score missing: the score is missing: not decided */
      WHEN (
        "step_1"."score" IS INFINITE AND "step_1"."score" > 0
      )
      OR (
        "step_1"."score" IS INFINITE AND "step_1"."score" < 0
      )
      THEN 2 /* score infinite: the score is infinite: not decided */
      WHEN (
        CASE
          WHEN (
            NLSSORT("step_1"."place", 'NLS_SORT=BINARY') = NLSSORT('Lishui ', 'NLS_SORT=BINARY')
          )
          AND (
            "step_1"."green" = 1
          )
          THEN 1
          WHEN NOT (
            (
              NLSSORT("step_1"."place", 'NLS_SORT=BINARY') = NLSSORT('Lishui ', 'NLS_SORT=BINARY')
            )
            AND (
              "step_1"."green" = 1
            )
          )
          THEN 0
        END IS NULL
      )
      AND (
        "step_1"."place" IS NULL
      )
      THEN 3 /* place missing: place is missing, so the segment is not known: not decided */
      WHEN (
        CASE
          WHEN (
            NLSSORT("step_1"."place", 'NLS_SORT=BINARY') = NLSSORT('Lishui ', 'NLS_SORT=BINARY')
          )
          AND (
            "step_1"."green" = 1
          )
          THEN 1
          WHEN NOT (
            (
              NLSSORT("step_1"."place", 'NLS_SORT=BINARY') = NLSSORT('Lishui ', 'NLS_SORT=BINARY')
            )
            AND (
              "step_1"."green" = 1
            )
          )
          THEN 0
        END IS NULL
      )
      AND (
        "step_1"."green" IS NULL
      )
      THEN 4 /* green missing: green is missing, so the segment is not known: not decided */
      WHEN (
        NLSSORT("step_1"."place", 'NLS_SORT=BINARY') = NLSSORT('Lishui ', 'NLS_SORT=BINARY')
      )
      AND (
        "step_1"."green" = 1
      )
      AND (
        "step_1"."score" >= TO_BINARY_DOUBLE(590.0)
      )
      THEN 5 /* place=Lishui , green=true: score >= 590: for place Lishui and green yes, score at least 590: refer to a person */
      WHEN (
        NLSSORT("step_1"."place", 'NLS_SORT=BINARY') = NLSSORT('Lishui ', 'NLS_SORT=BINARY')
      )
      AND (
        "step_1"."green" = 1
      )
      THEN 6 /* place=Lishui , green=true: score < 590: for place Lishui and green yes, score below 590: decline */
      WHEN "step_1"."score" >= TO_BINARY_DOUBLE(600.5)
      THEN 7 /* policy: score >= 600.5: score at least 600.5: approve */
      ELSE 8 /* policy: score < 600.5: score below 600.5: decline */
    END AS "_step"
  FROM step_1
), step_3 AS (
  SELECT /*+ NO_MERGE */
    "step_2"."id",
    "step_2"."score",
    "step_2"."place",
    "step_2"."green",
    "step_2"."_step",
    CASE
      WHEN (
        NLSSORT("step_2"."place", 'NLS_SORT=BINARY') = NLSSORT('Lishui ', 'NLS_SORT=BINARY')
      )
      AND (
        "step_2"."green" = 1
      )
      THEN NULL
      ELSE TO_BINARY_DOUBLE(600.5) - "step_2"."score"
    END AS "_gap"
  FROM step_2
), step_4 AS (
  SELECT /*+ NO_MERGE */
    "step_3"."id",
    "step_3"."score",
    "step_3"."place",
    "step_3"."green",
    "step_3"."_step",
    "step_3"."_gap",
    CASE
      WHEN (
        "step_3"."_gap" >= TO_BINARY_DOUBLE(0.0)
      )
      AND (
        "step_3"."_gap" < TO_BINARY_DOUBLE(70368744177664.0)
      )
      THEN "step_3"."_gap"
      ELSE TO_BINARY_DOUBLE(0.0)
    END * TO_BINARY_DOUBLE(100.0) AS "_scaled"
  FROM step_3
), step_5 AS (
  SELECT /*+ NO_MERGE */
    "step_4"."id",
    "step_4"."score",
    "step_4"."place",
    "step_4"."green",
    "step_4"."_step",
    "step_4"."_gap",
    "step_4"."_scaled",
    CAST(TRUNC("step_4"."_scaled") AS NUMBER(19)) AS "_cut"
  FROM step_4
), step_6 AS (
  SELECT /*+ NO_MERGE */
    "step_5"."id",
    "step_5"."score",
    "step_5"."place",
    "step_5"."green",
    "step_5"."_step",
    "step_5"."_gap",
    "step_5"."_scaled",
    "step_5"."_cut",
    CASE
      WHEN (
        "step_5"."_gap" >= TO_BINARY_DOUBLE(0.0)
      )
      AND (
        "step_5"."_gap" < TO_BINARY_DOUBLE(70368744177664.0)
      )
      THEN CASE
        WHEN (
          (
            "step_5"."_scaled" - TO_BINARY_DOUBLE("step_5"."_cut")
          ) > TO_BINARY_DOUBLE(0.5)
        )
        OR (
          (
            (
              "step_5"."_scaled" - TO_BINARY_DOUBLE("step_5"."_cut")
            ) = TO_BINARY_DOUBLE(0.5)
          )
          AND (
            (
              "step_5"."_cut" - (
                (
                  (
                    (
                      "step_5"."_cut" - (
                        MOD("step_5"."_cut", 2)
                      )
                    ) / NULLIF(2, 0)
                  ) - CASE WHEN MOD("step_5"."_cut", 2) < 0 THEN 1 ELSE 0 END
                ) * 2
              )
            ) = 1
          )
        )
        THEN "step_5"."_cut" + 1
        ELSE "step_5"."_cut"
      END
      ELSE NULL
    END AS "_hundredths",
    CASE WHEN "step_5"."_gap" IS NULL THEN 1 ELSE 0 END AS "_place_1"
  FROM step_5
), step_7 AS (
  SELECT /*+ NO_MERGE */
    "step_6"."id",
    "step_6"."score",
    "step_6"."place",
    "step_6"."green",
    "step_6"."_step",
    "step_6"."_gap",
    "step_6"."_scaled",
    "step_6"."_cut",
    "step_6"."_hundredths",
    "step_6"."_place_1",
    CASE
      WHEN "step_6"."_place_1" = 0
      THEN '评分未达通过线'
      WHEN "step_6"."_place_1" = 1
      THEN '该类申请不直接通过'
      ELSE NULL
    END AS "_1",
    "step_6"."_hundredths" - (
      (
        (
          (
            "step_6"."_hundredths" - (
              MOD("step_6"."_hundredths", 100)
            )
          ) / NULLIF(100, 0)
        ) - CASE WHEN MOD("step_6"."_hundredths", 100) < 0 THEN 1 ELSE 0 END
      ) * 100
    ) AS "_2",
    CASE
      WHEN CAST((
        (
          "step_6"."_hundredths" - (
            MOD("step_6"."_hundredths", 100)
          )
        ) / NULLIF(100, 0)
      ) - CASE WHEN MOD("step_6"."_hundredths", 100) < 0 THEN 1 ELSE 0 END AS VARCHAR2(4000)) IS NULL
      OR '.' IS NULL
      THEN NULL
      ELSE CAST((
        (
          "step_6"."_hundredths" - (
            MOD("step_6"."_hundredths", 100)
          )
        ) / NULLIF(100, 0)
      ) - CASE WHEN MOD("step_6"."_hundredths", 100) < 0 THEN 1 ELSE 0 END AS VARCHAR2(4000)) || '.'
    END AS "_3",
    CASE
      WHEN "step_6"."_place_1" = 0
      THEN 'score below the cut-off'
      WHEN "step_6"."_place_1" = 1
      THEN 'nobody of this segment is approved outright'
      ELSE NULL
    END AS "_4"
  FROM step_6
), step_8 AS (
  SELECT /*+ NO_MERGE */
    "step_7"."id",
    "step_7"."score",
    "step_7"."place",
    "step_7"."green",
    "step_7"."_step",
    "step_7"."_gap",
    "step_7"."_scaled",
    "step_7"."_cut",
    "step_7"."_hundredths",
    "step_7"."_place_1",
    "step_7"."_1",
    "step_7"."_2",
    "step_7"."_3",
    "step_7"."_4",
    (
      (
        "step_7"."_2" - (
          MOD("step_7"."_2", 10)
        )
      ) / NULLIF(10, 0)
    ) - CASE WHEN MOD("step_7"."_2", 10) < 0 THEN 1 ELSE 0 END AS "_5"
  FROM step_7
), step_9 AS (
  SELECT /*+ NO_MERGE */
    "step_8"."id",
    "step_8"."score",
    "step_8"."place",
    "step_8"."green",
    "step_8"."_step",
    "step_8"."_gap",
    "step_8"."_scaled",
    "step_8"."_cut",
    "step_8"."_hundredths",
    "step_8"."_place_1",
    "step_8"."_1",
    "step_8"."_2",
    "step_8"."_3",
    "step_8"."_4",
    "step_8"."_5",
    CASE
      WHEN "step_8"."_2" = 0
      THEN CAST((
        (
          "step_8"."_hundredths" - (
            MOD("step_8"."_hundredths", 100)
          )
        ) / NULLIF(100, 0)
      ) - CASE WHEN MOD("step_8"."_hundredths", 100) < 0 THEN 1 ELSE 0 END AS VARCHAR2(4000))
      WHEN (
        "step_8"."_5" * 10
      ) = "step_8"."_2"
      THEN CASE
        WHEN "step_8"."_3" IS NULL OR CAST("step_8"."_5" AS VARCHAR2(4000)) IS NULL
        THEN NULL
        ELSE "step_8"."_3" || CAST("step_8"."_5" AS VARCHAR2(4000))
      END
      WHEN "step_8"."_2" < 10
      THEN CASE
        WHEN CASE
          WHEN CAST((
            (
              "step_8"."_hundredths" - (
                MOD("step_8"."_hundredths", 100)
              )
            ) / NULLIF(100, 0)
          ) - CASE WHEN MOD("step_8"."_hundredths", 100) < 0 THEN 1 ELSE 0 END AS VARCHAR2(4000)) IS NULL
          OR '.0' IS NULL
          THEN NULL
          ELSE CAST((
            (
              "step_8"."_hundredths" - (
                MOD("step_8"."_hundredths", 100)
              )
            ) / NULLIF(100, 0)
          ) - CASE WHEN MOD("step_8"."_hundredths", 100) < 0 THEN 1 ELSE 0 END AS VARCHAR2(4000)) || '.0'
        END IS NULL
        OR CAST("step_8"."_2" AS VARCHAR2(4000)) IS NULL
        THEN NULL
        ELSE CASE
          WHEN CAST((
            (
              "step_8"."_hundredths" - (
                MOD("step_8"."_hundredths", 100)
              )
            ) / NULLIF(100, 0)
          ) - CASE WHEN MOD("step_8"."_hundredths", 100) < 0 THEN 1 ELSE 0 END AS VARCHAR2(4000)) IS NULL
          OR '.0' IS NULL
          THEN NULL
          ELSE CAST((
            (
              "step_8"."_hundredths" - (
                MOD("step_8"."_hundredths", 100)
              )
            ) / NULLIF(100, 0)
          ) - CASE WHEN MOD("step_8"."_hundredths", 100) < 0 THEN 1 ELSE 0 END AS VARCHAR2(4000)) || '.0'
        END || CAST("step_8"."_2" AS VARCHAR2(4000))
      END
      ELSE CASE
        WHEN "step_8"."_3" IS NULL OR CAST("step_8"."_2" AS VARCHAR2(4000)) IS NULL
        THEN NULL
        ELSE "step_8"."_3" || CAST("step_8"."_2" AS VARCHAR2(4000))
      END
    END AS "_6"
  FROM step_8
), step_10 AS (
  SELECT /*+ NO_MERGE */
    "step_9"."id",
    "step_9"."score",
    CASE
      WHEN "step_9"."_step" IN (0, 1, 2, 3, 4)
      THEN 'not decided'
      WHEN "step_9"."_step" = 5
      THEN 'refer'
      WHEN "step_9"."_step" IN (6, 8)
      THEN 'decline'
      WHEN "step_9"."_step" = 7
      THEN 'approve'
      ELSE NULL
    END AS "decision",
    CASE
      WHEN "step_9"."_step" IN (0, 1)
      THEN 'score missing'
      WHEN "step_9"."_step" = 2
      THEN 'score infinite'
      WHEN "step_9"."_step" = 3
      THEN 'place missing'
      WHEN "step_9"."_step" = 4
      THEN 'green missing'
      WHEN "step_9"."_step" = 5
      THEN 'place=Lishui , green=true: score >= 590'
      WHEN "step_9"."_step" = 6
      THEN 'place=Lishui , green=true: score < 590'
      WHEN "step_9"."_step" = 7
      THEN 'policy: score >= 600.5'
      WHEN "step_9"."_step" = 8
      THEN 'policy: score < 600.5'
      ELSE NULL
    END AS "decided_by",
    CASE
      WHEN "step_9"."_step" IN (0, 1)
      THEN '缺少评分,未决策'
      WHEN "step_9"."_step" = 2
      THEN '评分为无穷大,未决策'
      WHEN "step_9"."_step" = 3
      THEN '缺少“place”,无法确定所属分段,未决策'
      WHEN "step_9"."_step" = 4
      THEN '缺少“green”,无法确定所属分段,未决策'
      WHEN "step_9"."_step" = 5
      THEN '“place”为Lishui 、“green”为是者,评分不低于590:转人工审核'
      WHEN "step_9"."_step" = 6
      THEN '“place”为Lishui 、“green”为是者,评分低于590:拒绝'
      WHEN "step_9"."_step" = 7
      THEN '评分不低于600.5:通过'
      WHEN "step_9"."_step" = 8
      THEN '评分低于600.5:拒绝'
      ELSE NULL
    END AS "decided_by_zh",
    CASE
      WHEN "step_9"."_step" IN (0, 1)
      THEN 'the score is missing: not decided'
      WHEN "step_9"."_step" = 2
      THEN 'the score is infinite: not decided'
      WHEN "step_9"."_step" = 3
      THEN 'place is missing, so the segment is not known: not decided'
      WHEN "step_9"."_step" = 4
      THEN 'green is missing, so the segment is not known: not decided'
      WHEN "step_9"."_step" = 5
      THEN 'for place Lishui  and green yes, score at least 590: refer to a person'
      WHEN "step_9"."_step" = 6
      THEN 'for place Lishui  and green yes, score below 590: decline'
      WHEN "step_9"."_step" = 7
      THEN 'score at least 600.5: approve'
      WHEN "step_9"."_step" = 8
      THEN 'score below 600.5: decline'
      ELSE NULL
    END AS "decided_by_en",
    1 AS "trial",
    'p@1' AS "policy",
    '8ed97b217e1f14bed53c51fd7a80c60ddb5a349ef25a35627d3d86aa1c52652a' AS "policy_sha256",
    CASE
      WHEN "step_9"."_step" IN (5, 6, 8)
      THEN CASE
        WHEN "step_9"."_place_1" = 0
        THEN 'score_gap'
        WHEN "step_9"."_place_1" = 1
        THEN 'segment_closed'
        ELSE NULL
      END
      ELSE NULL
    END AS "reason_1",
    CASE WHEN "step_9"."_step" IN (5, 6, 8) THEN "step_9"."_gap" ELSE NULL END AS "lost_1",
    CASE
      WHEN "step_9"."_step" IN (5, 6, 8)
      THEN CASE
        WHEN "step_9"."_gap" IS NULL
        THEN "step_9"."_1"
        WHEN "step_9"."_6" IS NULL
        THEN NULL
        ELSE CASE
          WHEN CASE
            WHEN "step_9"."_1" IS NULL OR ':距通过线差 ' IS NULL
            THEN NULL
            ELSE "step_9"."_1" || ':距通过线差 '
          END IS NULL
          OR "step_9"."_6" IS NULL
          THEN NULL
          ELSE CASE
            WHEN "step_9"."_1" IS NULL OR ':距通过线差 ' IS NULL
            THEN NULL
            ELSE "step_9"."_1" || ':距通过线差 '
          END || "step_9"."_6"
        END
      END
      ELSE NULL
    END AS "reason_1_zh",
    CASE
      WHEN "step_9"."_step" IN (5, 6, 8)
      THEN CASE
        WHEN "step_9"."_gap" IS NULL
        THEN "step_9"."_4"
        WHEN "step_9"."_6" IS NULL
        THEN NULL
        ELSE CASE
          WHEN CASE
            WHEN CASE
              WHEN "step_9"."_4" IS NULL OR ': ' IS NULL
              THEN NULL
              ELSE "step_9"."_4" || ': '
            END IS NULL
            OR "step_9"."_6" IS NULL
            THEN NULL
            ELSE CASE
              WHEN "step_9"."_4" IS NULL OR ': ' IS NULL
              THEN NULL
              ELSE "step_9"."_4" || ': '
            END || "step_9"."_6"
          END IS NULL
          OR ' short of approval' IS NULL
          THEN NULL
          ELSE CASE
            WHEN CASE
              WHEN "step_9"."_4" IS NULL OR ': ' IS NULL
              THEN NULL
              ELSE "step_9"."_4" || ': '
            END IS NULL
            OR "step_9"."_6" IS NULL
            THEN NULL
            ELSE CASE
              WHEN "step_9"."_4" IS NULL OR ': ' IS NULL
              THEN NULL
              ELSE "step_9"."_4" || ': '
            END || "step_9"."_6"
          END || ' short of approval'
        END
      END
      ELSE NULL
    END AS "reason_1_en"
  FROM step_9
)
SELECT
  "step_10"."id",
  "step_10"."score",
  "step_10"."decision",
  "step_10"."decided_by",
  "step_10"."decided_by_zh",
  "step_10"."decided_by_en",
  "step_10"."trial",
  "step_10"."policy",
  "step_10"."policy_sha256",
  "step_10"."reason_1",
  "step_10"."lost_1",
  "step_10"."reason_1_zh",
  "step_10"."reason_1_en"
FROM step_10;
