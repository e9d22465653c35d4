"""Synthetic subjects and events of every rubric, as raw frames, for tests across rubrics."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from lishui_credit.rubrics.intake import Intake, intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric


@dataclass(frozen=True)
class Population:
    """One rubric with raw subjects, events and bases."""

    name: str
    on: str
    period: int | None

    @property
    def rubric(self) -> Rubric:
        return catalog.rubric(self.name, on=self.on)

    def raw(self, rows: int, seed: int = 7) -> dict[str, pl.DataFrame | None]:
        from lishui_credit.samples import enterprises, environment, households, tax

        if self.name == "farmer-household":
            return {
                "subjects": households.households(rows, seed=seed),
                "bases": households.county_bases(2015),
            }
        if self.name == "small-enterprise":
            return {"subjects": enterprises.small_enterprises(rows, seed=seed)}
        if self.name == "environment-credit":
            return {"subjects": environment.environmental_records(rows, seed=seed)}
        assert self.period is not None
        register = tax.enterprises(rows, seed=seed, year=self.period)
        return {
            "subjects": register,
            "events": tax.tax_events(register, seed=seed, year=self.period),
        }

    def taken(self, rows: int, seed: int = 7) -> Intake:
        raw = self.raw(rows, seed)
        found = intake(
            self.rubric,
            raw["subjects"],
            events=raw.get("events"),
            bases=raw.get("bases"),
            period=self.period,
        )
        assert found.rejected.is_empty(), found.rejected["reasons"].unique().to_list()
        return found


POPULATIONS = (
    Population("farmer-household", "2016-06-30", None),
    Population("small-enterprise", "2016-06-30", None),
    Population("environment-credit", "2016-03-31", 2015),
    Population("tax-credit", "2019-04-30", 2018),
    Population("tax-credit", "2021-04-30", 2020),
    Population("tax-credit", "2026-04-30", 2025),
)
