"""What a written file rests on, and the proof of it: one manifest, one writer, one verification.

Every kind of output (grades, scores, decisions, plan reports) has a manifest: a JSON document beside
the file (``grades.csv.manifest.json``) and, for Parquet, in its footer too. It names every input with
its SHA-256, the package version and the facts of its kind. `verify` hashes output and inputs again
and compares the file with a re-run that the kind's own room hands in.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping
from contextvars import copy_context
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import polars as pl

from lishui_credit.errors import CreditError, ModelError, Problem
from lishui_credit.language import Bilingual, Language, language, set_language, tr
from lishui_credit.tables.beside import GRADES as GRADES
from lishui_credit.tables.beside import SCORES as SCORES
from lishui_credit.tables.beside import kind_of, sha256, told_beside, unbound
from lishui_credit.tables.beside import manifest_path as manifest_path
from lishui_credit.tables.containers import refusal
from lishui_credit.tables.frames import DAMAGED
from lishui_credit.tables.json_nouns import parsed, typed
from lishui_credit.tables.read import PARQUET
from lishui_credit.tables.workbooks.choice import asked, sheets_asked
from lishui_credit.tables.write import replacing_together
from lishui_credit.version import __version__

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

F = TypeVar("F", bound="DataclassInstance")
T = TypeVar("T")

KEY: Final = "lishui_credit"
"""Where a Parquet footer keeps the manifest."""

FORMAT: Final = 1
"""Version of the manifest's keys."""

CARD: Final = "card"
DECISIONS: Final = "decisions"
PLAN_REPORT: Final = "plan report"
PLAN_SITE: Final = "plan site"
RUBRIC_SITE: Final = "rubric site"
AREAS: Final = "areas"
GRADE_FOLDER: Final = "graded folder"
REFORM: Final = "reform"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """One input: where it lies as seen from the output's folder, its SHA-256, its rows."""

    path: str
    sha256: str
    rows: int = 0
    unused: tuple[str, ...] = ()  # headers that were not read
    sheet: str = ""  # of a workbook, where one was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    """What the manifest of every kind says; ``output_sha256`` is "" in a footer."""

    inputs: Mapping[str, InputFile] = field(default_factory=dict)
    package_version: str = __version__
    synthetic: bool = False
    notes: tuple[str, ...] = ()
    output_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Kind(Generic[F]):
    """A kind of output: its name in the manifest, its facts, what people call it, inputs it needs."""

    name: str
    facts: type[F]
    called: Bilingual
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(_Common, Generic[F]):
    """What a file rests on: the facts of its kind beside those of every kind."""

    kind: Kind[F]
    facts: F

    def json(self) -> str:
        """Return the manifest as JSON: one flat object, keys sorted."""
        common = {part.name: getattr(self, part.name) for part in fields(_Common)}
        inputs = {
            role: {name: value for name, value in asdict(entry).items() if name != "sheet" or value}
            for role, entry in self.inputs.items()
        }
        facts = asdict(self.facts)
        told = {"manifest": FORMAT, "kind": self.kind.name, **common, "inputs": inputs, **facts}
        return json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True, default=str)

    def footer(self) -> dict[str, str]:
        """Return the metadata that a Parquet footer takes."""
        return {KEY: self.json()}

    def sheets(self) -> dict[str, str]:
        """Return the sheets that were asked for, by role."""
        return {role: entry.sheet for role, entry in self.inputs.items() if entry.sheet}

    def inputs_again(self, **rows: int) -> dict[str, InputFile]:
        """Return the inputs as a re-run counts them: their rows by role, none of the others."""
        return {role: replace(entry, rows=rows.get(role, 0)) for role, entry in self.inputs.items()}

    def files(self, path: Path) -> dict[str, Path]:
        """Return where the inputs of an output lie, by role."""
        return {role: path.parent / entry.path for role, entry in self.inputs.items()}


# ---- writing ----------------------------------------------------------------------------------


def hashes(files: Mapping[str, Path]) -> dict[str, str]:
    """Return the SHA-256 of every file, by role."""
    return {role: sha256(path) for role, path in files.items()}


def input_files(
    files: Mapping[str, Path],
    output: Path,
    rows: Mapping[str, int],
    hashed: Mapping[str, str] | None = None,
    sheets: Mapping[str, str | int] = MappingProxyType({}),
    unused: Mapping[str, tuple[str, ...]] | None = None,
) -> dict[str, InputFile]:
    """Return the inputs of an output as its manifest names them, paths with forward slashes."""
    digests = hashes(files) if hashed is None else hashed
    folder = output.parent.resolve()  # an output that is a link has its manifest beside the link
    return {
        role: InputFile(
            path=Path(os.path.relpath(path.resolve(), folder)).as_posix(),
            sha256=digests[role],
            rows=rows.get(role, 0),
            unused=(unused or {}).get(role, ()),
            sheet=str(sheets.get(role) or asked(path) or ""),
        )
        for role, path in files.items()
    }


def publish(output: Path, make: Callable[[Path], Manifest[F]]) -> Manifest[F]:
    """Write an output and its manifest, which take their places together, or neither does.

    `make` writes the output into the path it is handed and returns its manifest. The manifest goes
    first: killed between the two, a file has a manifest of another hash, which no reader accepts.
    """
    with replacing_together(manifest_path(output), output) as (beside, draft):
        whole = replace(make(draft), output_sha256=sha256(draft))
        beside.write_text(whole.json() + "\n", encoding="utf-8")
    return whole


# ---- reading ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says of itself, read once: its manifest as plain data, {} where it has none."""

    path: Path
    raw: Mapping[str, Any]
    damage: str = ""
    footer: Mapping[str, Any] = field(default_factory=dict)  # of a Parquet file with both

    @property
    def kind(self) -> str:
        """Name of the kind; files of earlier versions are known by their keys; "" if of none."""
        return kind_of(self.raw)

    @property
    def damaged(self) -> bool:
        """Whether a manifest lies beside the file and cannot be read."""
        return bool(self.damage) and manifest_path(self.path).exists()

    def manifest(self, kind: Kind[F], *, bound: bool = True) -> Manifest[F]:
        """Return the manifest; ModelError where the file is absent, of another kind, or not bound.

        See `refuse_unbound`; without `bound` only what can be no manifest of the file is refused.
        """
        damage = self.damage
        if self.kind == kind.name:
            try:
                made = _manifest(self.raw, kind)
            except ValueError as error:
                damage = str(error)
            else:
                if bound:
                    self.refuse_unbound()
                else:
                    self._refuse_foreign()
                return made
        raise self.refusal(kind.called, damage)

    @property
    def whole(self) -> bool:
        """Whether the file has the hash its manifest says; a footer cannot hash its own file."""
        return "output_sha256" not in self._beside or (
            sha256(self.path) == self._beside["output_sha256"]
        )

    @property
    def contradicted(self) -> list[str]:
        """Keys of which the footer says other things than the manifest beside the file."""
        if not self.footer:
            return []
        # Counted after the footer was written: what it leaves empty, and whether any is synthetic.
        told = {
            key: value
            for key, value in self.footer.items()
            if key != "inputs" and (value or (value is False and key != "synthetic"))
        }
        unlike = [key for key, value in told.items() if self.raw.get(key) != value]
        return unlike + ["inputs"] * (_hashed(self.footer) != _hashed(self.raw))

    @property
    def _beside(self) -> Mapping[str, Any]:
        """The manifest beside the file, {} where it has none or none of ours."""
        return self.raw if self.kind and manifest_path(self.path).exists() else {}

    def refuse_unbound(self) -> None:
        """Raise ModelError where the manifest beside a file was not written with that file."""
        self._refuse_foreign()
        if self.contradicted or not self.whole:
            raise self._unbound(", ".join(self.contradicted) or "SHA-256")

    def _refuse_foreign(self) -> None:
        """Raise ModelError for a manifest that names no hash, or is of another file by hash and words."""
        if not self.path.exists():
            raise self.refusal(Bilingual("a file", "文件"))
        if self._beside and not self._beside.get("output_sha256"):
            raise self._unbound("output_sha256")
        if self.contradicted and not self.whole:
            raise self._unbound(", ".join(self.contradicted))

    def _unbound(self, found: str) -> CreditError:
        if self.path.suffix.lower() in PARQUET:
            try:
                pl.read_parquet_metadata(self.path)
            except DAMAGED as error:
                return refusal(self.path, error)
        return unbound(self.path, found)

    def refusal(self, called: Bilingual, damage: str = "") -> ModelError:
        """Return the error for a file that is absent, or has no readable manifest of a kind."""
        if not self.path.exists():
            return ModelError(tr("no such file", "没有这个文件"), where=str(self.path))
        beside = manifest_path(self.path).name
        return ModelError(
            tr(
                f"not {called.en}: no readable manifest",
                f"不是{called.zh}:没有可读的清单",
            ),
            damage.partition("\n")[0][:100] if self.damaged or self.raw else "",
            tr(f"keep {beside} beside it", f"请将 {beside} 放在同一目录"),
            where=self.path.name,
        )


def stated(path: Path | str) -> Stated:
    """Read what a file says of itself: the manifest beside it, else the one in its footer."""
    path = Path(path)
    beside = manifest_path(path)
    raw: Any = {}
    footer: Any = {}
    try:
        if beside.exists():
            raw = told_beside(path)
        if path.suffix.lower() in PARQUET:
            text = pl.read_parquet_metadata(path).get(KEY, "{}")
            footer = parsed(text, path.name)
    except (ValueError, *DAMAGED) as error:
        if not raw:  # else the file is what cannot be read, as its hash tells
            return Stated(path, {}, str(error) or type(error).__name__)
    for told in (raw, footer):
        if not isinstance(told, dict):
            return Stated(path, {}, type(told).__name__)
    return Stated(path, raw, footer=footer) if beside.exists() else Stated(path, footer)


def _hashed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hash of every input that a manifest names."""
    inputs = raw.get("inputs")
    entries = inputs.items() if isinstance(inputs, dict) else ()
    return {role: entry.get("sha256") for role, entry in entries if isinstance(entry, dict)}


def _manifest(raw: Mapping[str, Any], kind: Kind[F]) -> Manifest[F]:
    common = typed(_Common, raw)
    lacking = [role for role in kind.roles if role not in common.inputs]
    if lacking:
        raise ValueError("inputs: " + ", ".join(lacking))
    told = {part.name: getattr(common, part.name) for part in fields(_Common)}
    return Manifest(kind=kind, facts=typed(kind.facts, raw), **told)


# ---- verifying --------------------------------------------------------------------------------


# Not words of a re-run: the hash binds the manifest, inputs are hashed, versions may differ.
_NO_WORDS: Final = frozenset({"output_sha256", "package_version", "inputs", "manifest"})


def words(said: Stated, again: Manifest[F], *, but: Collection[str] = ()) -> dict[str, bool]:
    """Return whether a manifest says what a re-run says: ``manifest``, or every key that differs.

    Keys that an earlier version did not write, or a footer cannot know, are left out, and so are the
    words of notes of another version.
    """
    raw, told = said.raw, json.loads(again.json())
    asked = {*told} - _NO_WORDS - {*but}
    if not {"kind", "manifest"} <= raw.keys():
        asked &= raw.keys()
    if not (beside := manifest_path(said.path).exists()):
        asked = {key for key in asked if raw.get(key)}
    if raw.get("package_version") != __version__:
        asked -= {"notes"}
    wrong = [key for key in sorted(asked) if raw.get(key) != told[key]]
    wrong += [
        f"inputs.{role}.{key}"
        for role, entry in told["inputs"].items()
        for key in ("rows", "unused", "sheet")
        if key in (stated := raw["inputs"][role])
        and (beside or stated[key])
        and stated[key] != entry.get(key, "")
    ]
    return {f"manifest {key}": False for key in wrong} or {"manifest": True}


def spoken(lang: Language, said: Callable[[], T]) -> T:
    """Return what a run in a language says."""

    def run() -> T:
        set_language(lang)
        return said()

    return copy_context().run(run)


def turned(said: Callable[[], T]) -> T:
    """Return what a run in the other language says."""
    return spoken("en" if language() == "zh" else "zh", said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a re-run found; it holds if every check is the same."""

    checks: Mapping[
        str, bool
    ]  # output, inputs and what the kind compares: whether each is the same
    subjects: int  # rows compared
    different: pl.DataFrame  # rows that differ: the id, then results as stored and of the re-run

    @property
    def holds(self) -> bool:
        """Whether everything is the same."""
        return all(self.checks.values())


def verify(
    said: Stated,
    manifest: Manifest[F],
    again: Callable[[Mapping[str, Path]], Verdict],
    progress: Progress = lambda step: None,
    *,
    by_content: Collection[str] = (),
) -> Verdict:
    """Hash an output and its inputs again, re-run it from them, and return what differs.

    Inputs named in `by_content` are not hashed: the re-run compares what they say.
    """
    files = manifest.files(said.path)
    gone = [
        Problem(
            tr(f"the {role} file is gone", f"{role} 文件不存在"),
            str(file),
            tr("put it back where it was", "请放回原处"),
        )
        for role, file in files.items()
        if not file.exists()
    ]
    if gone:
        raise ModelError(gone)
    progress(tr("hashing", "计算哈希"))
    checks = {
        "output": said.whole,
        **({"footer": not said.contradicted} if said.footer else {}),
        **{
            f"input {role}": sha256(file) == manifest.inputs[role].sha256
            for role, file in files.items()
            if role not in by_content
        },
    }
    with sheets_asked({files[role]: sheet for role, sheet in manifest.sheets().items()}):
        rerun = again(files)
    found = rerun.checks
    if not all(same for name, same in checks.items() if name.startswith("input ")):
        # of other inputs, the manifest's words may well have been true
        found = {name: same for name, same in found.items() if not name.startswith("manifest")}
    return replace(rerun, checks={**checks, **found})
