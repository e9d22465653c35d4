"""The shelf: every ``models/<id>/<version>`` of a folder, with its data, day, AUC and standing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from lishui_credit import proof
from lishui_credit.errors import CreditError, ModelError
from lishui_credit.language import tr
from lishui_credit.models.recipes import KIND
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_approval import Standing, standing_of
from lishui_credit.scorecards.cards.card_file import FILE, load

FOLDER: Final = "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A version on the shelf; `problem` says why it cannot be read, and the rest is then empty."""

    name: str  # <id>/<version>
    folder: Path
    card: Card | None = None
    standing: Standing = field(default=Standing())
    fitted_on: str = ""  # "" where no manifest says it
    problem: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """What a list says of it, as plain data; null where the card does not say."""
        card = self.card
        if card is None:
            return {"name": self.name, "problem": self.problem}
        measured = card.metrics.get("out_of_fold", {})
        return {
            "name": self.name,
            "title_zh": card.title_zh,
            "synthetic": card.synthetic,
            "data": card.provenance.get("file"),
            "rows": card.provenance.get("sample_rows"),
            "bads": card.provenance.get("sample_bads"),
            "fitted_on": self.fitted_on or None,
            "auc": measured.get("auc"),
            "auc_95": measured.get("auc_95"),
            "standing": self.standing.record,
            "overdue": [row.id for row in self.standing.overdue],
        }


def shelf(folder: Path | str = FOLDER, today: date | None = None) -> list[Shelved]:
    """Return every version of a folder by name; ModelError where there is no such folder."""
    root = Path(folder)
    if not root.is_dir():
        raise ModelError(
            tr("there is no folder of models", "没有模型目录"),
            str(root),
            tr("name it with --folder", "请用 --folder 指明"),
        )
    found = [_shelved(path, today) for path in root.glob(f"*/*/{FILE}")]
    return sorted(found, key=lambda row: (row.folder.parent.name, _version(row.folder.name)))


def home_of(name: str, folder: Path | str = FOLDER) -> Path:
    """Return the folder of a version, named by its path or by ``<id>/<version>`` on the shelf."""
    path = Path(name)
    return path if path.exists() else Path(folder) / name


def _shelved(path: Path, today: date | None) -> Shelved:
    home = path.parent
    name = f"{home.parent.name}/{home.name}"
    try:
        card, standing = load(path), standing_of(path, today)
        said = proof.stated(path)
        day = said.manifest(KIND).facts.fitted_on if said.raw or said.damaged else ""
    except CreditError as error:
        return Shelved(name=name, folder=home, problem=str(error).replace("\n", "; "))
    return Shelved(name=name, folder=home, card=card, standing=standing, fitted_on=day)


def _version(name: str) -> tuple[int, str]:
    """Order versions as numbers where they are: 2 before 10."""
    return (int(name), "") if name.isdecimal() else (0, name)
