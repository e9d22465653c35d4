"""What a book takes and what it refuses, all problems at once."""

from datetime import date

import pandas as pd
import polars as pl
import pytest

from lishui_credit.cutoffs import Book, book
from lishui_credit.errors import SubjectError


def loans(**columns):
    base = {"score": [500, 600, 700], "bad": [1, 0, 0], "amount_fen": [100, 200, 300]}
    return pl.DataFrame(base | columns)


def problems(frame, **options):
    with pytest.raises(SubjectError) as caught:
        book(frame, **options)
    return caught.value.problems


def wheres(frame, **options):
    return [problem.where for problem in problems(frame, **options)]


def test_a_book_has_its_own_names_and_types():
    frame = loans().rename({"score": "points", "bad": "default", "amount_fen": "limit"})
    made = book(
        frame.with_columns(default=pl.col("default") == 1, county=pl.lit("x"), sex=pl.lit("f")),
        score="points",
        outcome="default",
        amount="limit",
        segments=["county"],
        groups=["sex"],
    )
    assert isinstance(made, Book)
    assert made.frame.schema == {
        "score": pl.Int64,
        "bad": pl.Int8,
        "amount_fen": pl.Int64,
        "county": pl.String,
        "sex": pl.String,
    }
    assert made.frame["bad"].to_list() == [1, 0, 0]


def test_pandas_and_lazy_frames_give_the_same_book():
    frame = loans(pd=[0.5, 0.1, 0.0], loan=["a", "b", "c"])
    want = book(frame, pd="pd", id="loan").frame
    assert book(frame.lazy(), pd="pd", id="loan").frame.equals(want)
    assert book(pd.DataFrame(frame.to_dict(as_series=False)), pd="pd", id="loan").frame.equals(want)


def test_a_score_where_higher_is_worse_is_turned_and_turned_back():
    made = book(loans(score=[0.9, 0.2, 0.1]), higher="worse")
    assert made.frame["score"].to_list() == [-0.9, -0.2, -0.1]
    assert made.own(made.frame["score"]).to_list() == [0.9, 0.2, 0.1]


def test_grades_count_up_to_the_best():
    made = book(loans(grade=["C", "A", "B"]), score="grade", order=["A", "B", "C"])
    assert made.frame["score"].to_list() == [0, 2, 1]
    assert made.own(pl.Series([2, None])).to_list() == ["A", None]


def test_one_amount_may_stand_for_all():
    assert book(loans().drop("amount_fen"), amount=7).frame["amount_fen"].to_list() == [7, 7, 7]
    assert wheres(loans(), amount=-7) == ["amount"]


def test_everything_wrong_with_a_file_is_said_at_once():
    frame = loans(
        score=[float("nan"), float("inf"), None],
        bad=[0, 2, None],
        amount_fen=[-1, 0, None],
        pd=[0.5, 1.5, None],
        loan=["a", "a", None],
        sex=["f", "m", "m"],
    )
    found = problems(frame, pd="pd", id="loan", segments=["sex", "countty"])
    text = [(problem.where, problem.what) for problem in found]
    for where, word in [
        ("sex", "protected"),
        ("countty", "no column"),
        ("score", "missing or NaN"),
        ("score", "infinite"),
        ("bad", "neither 0"),
        ("bad", "missing"),
        ("amount_fen", "missing"),
        ("amount_fen", "negative"),
        ("amount_fen", "zero"),
        ("pd", "missing"),
        ("pd", "outside"),
        ("loan", "missing"),
        ("loan", "repeated"),
    ]:
        assert any(w == where and word in what for w, what in text), (where, word, text)


def test_a_problem_counts_its_rows_and_names_the_first():
    (found,) = problems(loans(amount_fen=[100, -1, -2]))
    assert found.found == "2 rows, first 1, 2"


def test_a_missing_column_brings_the_nearest_name():
    (found,) = problems(loans().rename({"amount_fen": "amount_fenn"}))
    assert "amount_fenn" in found.hint


@pytest.mark.parametrize(
    "frame", [loans().drop("bad"), loans().with_columns(bad=pl.lit(None, dtype=pl.Int8))]
)
def test_scores_without_outcomes_are_told_as_such(frame):
    (found,) = problems(frame)
    assert "scores without outcomes" in found.what
    assert "decide" in found.hint


def test_a_single_outcome_is_refused():
    (found,) = problems(loans(bad=[0, 0, 0]))
    assert found.what == "only one outcome occurs"


def test_unmatured_loans_are_refused_with_their_count_or_dropped_and_counted():
    opened = [date(2024, 1, 31), date(2023, 6, 1), date(2023, 1, 1)]
    frame = loans(opened=opened, bad=[1, 1, 0])
    window = {"opened": "opened", "as_of": date(2024, 6, 1)}
    (found,) = problems(frame, **window)
    assert found.found == "1 row, first 0"  # 2023-06-01 matures on the day itself
    made = book(frame, **window, unmatured="drop")
    assert made.rows == 2
    assert made.dropped == {"unmatured": 1}


def test_an_unmatured_loan_may_lack_its_outcome_when_it_is_dropped():
    frame = loans(opened=[date(2024, 5, 1), date(2020, 1, 1), date(2020, 1, 1)], bad=[None, 1, 0])
    made = book(frame, opened="opened", as_of=date(2024, 6, 1), unmatured="drop")
    assert made.rows == 2


def test_unknown_outcomes_are_dropped_only_when_asked():
    frame = loans(bad=[1, 0, None])
    assert wheres(frame) == ["bad"]
    assert book(frame, unknown="drop").dropped == {"unknown": 1}


def test_opening_dates_need_the_day_of_observation():
    assert "must be given together" in str(
        problems(loans(opened=[date(2024, 1, 1)] * 3), opened="opened")
    )


def test_yuan_is_named_only_on_evidence():
    (cents,) = problems(loans(amount_fen=[1.25, 2.5, 3.0]))
    assert "two decimals" in cents.hint
    (other,) = problems(loans(amount_fen=[1.2345, 2.5, 3.0]))
    assert "two decimals" not in other.hint
    named = problems(loans(amount_yuan=[1, 2, 3]), amount="amount_yuan")
    assert [problem.what for problem in named] == ["the column's name says yuan"]
    assert book(loans(amount_fen=[1.0, 2.0, 3.0])).frame["amount_fen"].dtype == pl.Int64


@pytest.mark.parametrize("name", ["金额(元)", "金额（万元）", "贷款金额元", "amount_yuan"])
def test_a_header_that_says_yuan_is_no_column_of_fen(name):
    (found,) = problems(loans().rename({"amount_fen": name}), amount=name)
    assert found.what == "the column's name says yuan"


def test_a_whole_score_that_no_float_holds_is_refused():
    for far in (pl.Series([2**63 + 5, 3, 4], dtype=pl.UInt64), pl.Series([-(2**63), 3, 4])):
        (found,) = problems(loans().with_columns(score=far), higher="worse")
        assert "2 to the 53rd" in found.what


def test_a_grade_outside_the_order_is_named():
    (found,) = problems(loans(grade=["A", "Z", "B"]), score="grade", order=["A", "B"])
    assert found.hint == "Z"


def test_text_scores_ask_for_an_order():
    (found,) = problems(loans(score=["A", "B", "B"]))
    assert "order" in found.hint


def test_a_list_is_not_a_frame():
    assert problems([1, 2])[0].found == "list"


def test_the_face_opens_to_classes_and_functions():
    from lishui_credit import cutoffs

    for name in cutoffs.__all__:
        assert callable(getattr(cutoffs, name)), name
    with pytest.raises(AttributeError, match="weather"):
        _ = cutoffs.weather


def test_a_direction_a_day_or_a_window_that_is_none_is_refused():
    opened = loans(opened=[date(2020, 1, 1)] * 3)
    day = {"opened": "opened", "as_of": date(2022, 1, 1)}
    assert wheres(loans(), higher="best") == ["higher"]
    assert wheres(opened, **{**day, "as_of": "2022-01-01"}) == ["as_of"]
    assert wheres(opened, **day, window_months=-3) == ["window_months"]
    assert book(loans(county=["a", "b", "c"]), segments="county").segments == ("county",)


@pytest.mark.parametrize("kind", [pl.Int16, pl.Int32, pl.UInt32, pl.UInt64, pl.Float32])
def test_amounts_of_any_width_are_read(kind):
    made = book(loans(amount_fen=pl.Series([100, 200, 300], dtype=kind)))
    assert made.frame["amount_fen"].to_list() == [100, 200, 300]
    assert made.frame["amount_fen"].dtype == pl.Int64


@pytest.mark.parametrize("higher", ["better", "worse"])
def test_scores_of_32_bits_are_the_decimals_they_are_written_as(higher):
    written = [0.1, 0.7, 0.69]
    narrow = loans(score=pl.Series(written, dtype=pl.Float32), pd=pl.Series([0.1, 0.2, 0.3]))
    narrow = narrow.with_columns(pl.col("pd").cast(pl.Float32))
    made = book(narrow, higher=higher, pd="pd").frame
    sign = -1 if higher == "worse" else 1
    assert made["score"].to_list() == [sign * score for score in written]
    assert made["pd"].to_list() == [0.1, 0.2, 0.3]


def test_a_segment_may_not_decide_by_values_of_a_protected_attribute():
    found = problems(loans(f1=["男", "女士", "女"]), segments=["f1"])
    assert [(row.where, row.found) for row in found] == [("f1", "sex")]
    assert book(loans(f1=["男", "女士", "女"]), groups=["f1"]).groups == ("f1",)
