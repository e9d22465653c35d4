"""What a report identifies itself by: its day, the card, the file, the owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Self

from lishui_credit.language import Bilingual, dated, tr

SEEN: Final = Bilingual(
    "DEVELOPMENT SAMPLE: these are the rows the card was fitted on. Their figures are too favourable "
    "and prove nothing; validate on rows the card has not seen.",
    "建模样本:本报告所用数据就是该评分卡的建模数据,指标偏乐观,不能作为验证依据;"
    "请用评分卡未见过的数据验证。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a reader needs to find card and file of a report again.

    Parameters
    ----------
    made_on : date, optional
        Day of the report.
    card, card_sha256 : str
        ``id/version`` of the card and the SHA-256 of its ``scorecard.json``.
    file, file_sha256 : str
        Name of the file of rows and its SHA-256.
    owner : str
        Who answers for the card.
    seen : bool, default False
        Whether the rows are those that the card was fitted on.
    """

    made_on: date | None = None
    card: str = ""
    card_sha256: str = ""
    file: str = ""
    file_sha256: str = ""
    owner: str = ""
    seen: bool = False

    def rows(self) -> list[tuple[str, str]]:
        """Return what is known as pairs of words; an owner who is not named is said to be missing."""
        told = [
            (tr("date", "日期"), dated(self.made_on)),
            (tr("card", "评分卡"), self.card),
            (tr("SHA-256 of the card", "评分卡 SHA-256"), self.card_sha256),
            (tr("file", "数据文件"), self.file),
            (tr("SHA-256 of the file", "数据文件 SHA-256"), self.file_sha256),
            (tr("owner", "责任人"), self.owner or tr("not named", "未指明")),
        ]
        return [(what, value) for what, value in told if value]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        day = None if self.made_on is None else self.made_on.isoformat()
        return {**asdict(self), "made_on": day}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return what `as_dict` made."""
        day = data["made_on"]
        return cls(**{**data, "made_on": None if day is None else date.fromisoformat(day)})
