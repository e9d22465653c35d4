"""What the axes and series of a validation's charts are called, as SVG on its page and by plotly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lishui_credit.language import Bilingual


@dataclass(frozen=True, slots=True)
class Axes:
    """The names of both axes of a chart."""

    x: Bilingual
    y: Bilingual


ROC: Final = Axes(
    Bilingual("goods refused", "好样本被拒占比"), Bilingual("bads refused", "坏样本被拒占比")
)
CAP: Final = Axes(
    Bilingual("riskiest share of subjects", "风险最高的主体占比"),
    Bilingual("share of bads", "坏样本占比"),
)
DISTRIBUTION: Final = Axes(
    Bilingual("score or PD", "分数或违约概率"), Bilingual("share of the class", "类内占比")
)
RELIABILITY: Final = Axes(
    Bilingual("mean PD of the bin", "箱内平均违约概率"), Bilingual("bad rate", "坏账率")
)
GRADE_RATES: Final = Axes(Bilingual("grade", "等级"), Bilingual("bad rate", "坏账率"))

CHANCE: Final = Bilingual("chance", "随机")
RANKING: Final = Bilingual("this ranking", "本排序")
PERFECT: Final = Bilingual("perfect ranking", "完美排序")
BADS: Final = Bilingual("bads", "坏")
GOODS: Final = Bilingual("goods", "好")
RIGHT: Final = Bilingual("perfect calibration", "完全校准")
BINS: Final = Bilingual("bin, with Jeffreys' interval", "各箱及 Jeffreys 区间")
