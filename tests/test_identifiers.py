"""Check digits against the standards' vectors and an independent library."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from lishui_credit.tables.identifiers import (
    RESIDENT_CHECKS,
    USCC_ALPHABET,
    resident_id_check_digit,
    resident_id_is_valid,
    uscc_check_digit,
    uscc_is_valid,
    uscc_valid,
)

VALID = [
    "91110000600037341L",
    "91350100M000100Y43",
    "11332500002645486F",
    "11230500001755309F",
    "91230500MA1B3N1N2M",
    "1233110252601815X0",
    "12331102398259791Y",
]


@pytest.mark.parametrize("code", VALID)
def test_published_codes_pass(code: str) -> None:
    assert uscc_is_valid(code)


@pytest.mark.parametrize(
    "code",
    ["91350100M000100Y4Z", "91310115MA1H8R7C6D", "A1110000600037341L", "", "９1110000600037341L"],
)
def test_broken_codes_fail(code: str) -> None:
    assert not uscc_is_valid(code)


def test_a_real_lishui_code_with_its_old_region_passes() -> None:
    assert uscc_is_valid("11332500002645486F")


def test_codes_of_rural_collectives_begin_with_n_and_pass() -> None:
    head = "N2331102MF12345678"[:17]
    assert uscc_is_valid(head + uscc_check_digit(head))


@given(
    st.text("0123456789", min_size=8, max_size=8), st.text(USCC_ALPHABET, min_size=9, max_size=9)
)
def test_the_check_digit_agrees_with_an_independent_library(digits: str, rest: str) -> None:
    head = "9" + digits[1:] + rest
    code = head + uscc_check_digit(head)
    assert uscc.calc_check_digit(head) == code[-1]
    assert uscc_is_valid(code)


@given(st.sampled_from(VALID), st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_one_changed_character_breaks_a_code(code: str, place: int, other: str) -> None:
    changed = code[:place] + other + code[place + 1 :]
    assert uscc_is_valid(changed) == (changed == code)


def test_a_column_with_nulls_is_told_row_by_row() -> None:
    assert uscc_valid(pl.Series([VALID[0], None, "x"])).to_list() == [True, False, False]


@pytest.mark.parametrize(
    "number", ["360426199101010071", "11010519491231002X", "440524188001010014"]
)
def test_published_identity_numbers_pass(number: str) -> None:
    assert ric.is_valid(number) or number.startswith("44")
    assert resident_id_is_valid(number)


@given(st.text("0123456789", min_size=17, max_size=17))
def test_the_identity_check_digit_agrees_with_an_independent_library(head: str) -> None:
    assert ric.calc_check_digit(head + "0") == resident_id_check_digit(head)
    assert resident_id_check_digit(head) in RESIDENT_CHECKS


def test_a_birth_date_that_does_not_exist_fails() -> None:
    head = "33110219900230001"
    assert not resident_id_is_valid(head + resident_id_check_digit(head))
