"""The pieces every page is put together from: choices, links, charts, tables, downloads, banner."""

import itertools
import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import streamlit as st
from cells import heading as heading_of
from cells import laid, plain_columns, written

from lishui_credit.errors import CreditError
from lishui_credit.figures.captions import captions
from lishui_credit.figures.narrow import headed
from lishui_credit.figures.style import STATUS_WORDS, drawn, named, set_in_print
from lishui_credit.language import Language, language, set_language, spoken, tr
from lishui_credit.plan.divisions import areas, division
from lishui_credit.plan.status import STATUSES
from lishui_credit.reports.html import address as page_address
from lishui_credit.reports.html import asked_address, chip, print_button
from lishui_credit.reports.html import table as html_table
from lishui_credit.reports.layout import cut
from lishui_credit.tables.asked_ids import alike, did_you_mean
from lishui_credit.tables.data_words import in_words

Choice = TypeVar("Choice")
LOG = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parent
LANGUAGES: dict[Language, str] = {"zh": "中文", "en": "English"}
FORMATS = {"png": "PNG", "svg": "SVG"}
KINDS = {
    "csv": ("CSV", "text/csv"),
    "xlsx": ("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "parquet": ("Parquet", "application/octet-stream"),
}
# How a choice is drawn, and what Streamlit calls the option that its field starts at.
FIELDS: dict[str, tuple[Callable[..., Any], str]] = {
    "list": (st.selectbox, "index"),
    "buttons": (partial(st.segmented_control, required=True), "default"),
    "slider": (st.select_slider, "value"),
}
ROWS = 200
"""Rows up to which a table is one of the page itself."""
_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")


def plain(text: object) -> str:
    """Text of data for a place that reads Markdown: typeset, and every mark of it escaped."""
    return _MARKS.sub(r"\\\1", spoken(str(text))).replace("\n", " ")


# ---- choices that the address keeps -----------------------------------------------------------


def choices() -> dict[str, str]:
    """The choices of this session by the name of their field, from every page."""
    kept: dict[str, str] = st.session_state.setdefault("choices", {})
    return kept


def read_address() -> None:
    """Take the choices of the address and add the others of this session: navigation drops them."""
    choices().update(st.query_params.to_dict())
    write_address()


def write_address() -> None:
    """Put every choice into the address in one write: the browser goes back over each by itself."""
    if st.query_params.to_dict() != choices():
        st.query_params.update(choices())


def complete_address(page: str) -> None:
    """Add the choices that the page opened with to its address; they are no step to go back over."""
    with st.container(key="asked"):
        st.html(asked_address(page, choices()), unsafe_allow_javascript=True)


def held(name: str, options: Sequence[Choice], default: Choice) -> Choice:
    """A choice as it was made or asked for; the default where the options do not have it."""
    by_text = {str(option): option for option in options}
    return by_text.get(choices().get(name, str(default)), default)


def keep(name: str, value: object) -> None:
    """Set a choice in a callback; in the address too, because the run reads that first."""
    choices()[name] = str(value)
    write_address()


def find_id(name: str, ids: Sequence[str]) -> None:
    """Read the id an address asks for as ids in files are; say so where none is meant."""
    asked, among = choices().get(name), pl.LazyFrame({"id": ids})
    if asked is None or asked in ids:
        return
    if (found := alike(asked, among)) is not None:
        choices()[name] = found
        st.caption(plain(tr(f"'{asked}' was read as '{found}'", f"“{asked}”按“{found}”读取")))
        return
    near = did_you_mean(asked, among) or tr(f"shown is {ids[0]}", f"显示的是 {ids[0]}")
    st.info(plain(tr(f"'{asked}' is not listed here; {near}", f"此处没有“{asked}”；{near}")))


def _picked(name: str, key: str) -> None:
    # Buttons may come back with nothing pressed, when the words on them have just changed.
    if (value := st.session_state[key]) is not None:
        keep(name, value)


def choose(
    name: str,
    label: str,
    options: Sequence[Choice],
    default: Choice,
    say: Callable[[Any], str] = str,
    *,
    field: str = "list",
    **more: Any,
) -> Choice:
    """A choice of one, by a field of FIELDS; the address reproduces it on every page that has it."""
    # A field keeps the words it was drawn with: in the other language it is another field.
    key = f"choose_{name}" if name == "lang" else f"choose_{name}_{language()}"
    value = held(name, options, default)
    choices()[name] = str(value)
    draw, start = FIELDS[field]
    if st.session_state.get(key, value) == value:
        more[start] = options.index(value) if field == "list" else value
    else:
        # Only where the address or another field changed it. A key that is set before its field is
        # drawn stays in the session, and the field of the next page starts at its first option. A
        # key that is set in every run pulls a slider back while somebody moves it.
        st.session_state[key] = value
    draw(
        label,
        options,
        format_func=lambda option: in_words(say(option)),
        key=key,
        on_change=_picked,
        args=(name, key),
        **more,
    )
    return value


def address(page: str, **query: str) -> str:
    """The address of a page that carries every choice and what is asked for."""
    return page_address("." if page == "overview" else page, choices() | query)


def choose_day(days: dict[int, dict[int, date]], opens_at: date | None) -> date:
    """A year and the end of one of its quarters, in the header; the last one where nothing is asked for."""
    if not days:
        st.info(
            tr(
                "There is no observation after 2015. The folder's file of them is named "
                "`observations.duckdb` (made by `lishui-credit plan load`) or `observations.parquet`.",
                "2015年以后没有观测。观测文件在目录中的名称应为 `observations.duckdb`（由 "
                "`lishui-credit plan load` 生成）或 `observations.parquet`。",
            )
        )
        st.stop()
    opened = opens_at or days[max(days)][max(days[max(days)])]
    named = {str(year): quarters for year, quarters in days.items()}
    words = {
        "1": ("Mar", "3月末"),
        "2": ("Jun", "6月末"),
        "3": ("Sep", "9月末"),
        "4": ("Dec", "12月末"),
    }
    with in_header():
        year = choose(
            "year", tr("Year", "年度"), list(named), str(opened.year), lambda y: tr(y, f"{y}年"),
            label_visibility="collapsed",
        )  # fmt: skip
        quarters = {str(number): day for number, day in named[year].items()}
        usual = next((n for n, day in quarters.items() if day == opened), max(quarters))
        picked = choose(
            "quarter", tr("As of the end of", "截至"), list(quarters), usual, lambda q: tr(*words[q]),
            label_visibility="collapsed",
        )  # fmt: skip
    return quarters[picked]


def choose_area(observed: Collection[str]) -> str:
    """The city or a county, in the header; opens on the city, or the first area with observations."""
    codes = [area.adcode for area in areas()]
    usual = next((code for code in codes if code in observed), codes[0])
    with in_header():
        return choose(
            "area", tr("Area", "地区"), codes, usual, lambda code: division(code).name,
            label_visibility="collapsed",
        )  # fmt: skip


def badge(status: str) -> str:
    """A status as a coloured mark with its icon and word, for Markdown."""
    state = STATUSES[status]
    return f":{STATUS_WORDS[status]}-badge[{plain(state.icon)} {plain(state.word)}]"


# ---- the frame of a page ----------------------------------------------------------------------


def speak() -> None:
    """Set the language of this run from the address or the switch."""
    set_language(held("lang", list(LANGUAGES), "zh"))


def header(end: Callable[[], None]) -> None:
    """What stands beside the menu: the page's day and area, the language, save and print; `end`."""
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="header"):
        # The page puts its day and area here.
        st.session_state["header"] = st.container(
            horizontal=True, width="content", key="header_page"
        )
        choose("lang", tr("Language", "语言"), list(LANGUAGES), "zh", LANGUAGES.__getitem__,
               field="buttons", label_visibility="collapsed")  # fmt: skip
        with st.popover(tr("Pictures", "图片"), key="popover_save"):
            choose(
                "image", tr("Pictures of charts as", "图片格式"), list(FORMATS), "png",
                FORMATS.__getitem__, field="buttons",
            )  # fmt: skip
            st.caption(
                tr(
                    "The camera above each chart saves it.",
                    "点击图表右上角的相机图标可保存图片。",
                )
            )
        # A page cannot print itself without a script; without one, the browser's own menu does.
        st.html(print_button(tr("Print", "打印")), unsafe_allow_javascript=True)
        end()


def in_header() -> Any:
    """The place in the header for the fields of a page."""
    return st.session_state["header"]


def banner(synthetic: bool, name: str) -> None:
    """Say on every page, wherever it is scrolled to, whether the data are made up, or whose they are."""
    if synthetic:
        full = tr(
            "Synthetic data. Every number here is made up by a seeded program. None is a fact about "
            "Lishui, its counties or anybody in them.",
            "合成数据。本页所有数值均由程序按固定种子生成，不反映丽水市及各县（市、区）、任何单位或个人的真实情况。",
        )
        short = tr("Synthetic data", "合成数据")
        st.html(chip(short, full))
    else:
        st.caption(tr(f"Data: {plain(name)}", f"数据：{plain(name)}"))


def heading(title: str, words: str = "") -> None:
    """The title of a page and what it answers, in one line; words are escaped already."""
    st.title(title, anchor=False)
    if words:
        st.caption(words)


def refuse(error: CreditError, names: Mapping[str, str]) -> None:
    """Show what is wrong with the data, all of it, and stop the page.

    The page says `names` for the places of files; the log has the places themselves.
    """
    LOG.warning("%s", error)
    told = "\n".join(map(str, error.problems))
    for name in sorted(names, key=len, reverse=True):
        told = told.replace(name, names[name])
    lines = "\n".join(f"- {plain(line)}" for line in told.splitlines())
    st.error(tr("The data cannot be shown.", "数据无法显示。") + f"\n\n{lines}")
    st.stop()


# ---- charts, tables, downloads ----------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """A table that the page shows or draws from, to take away."""

    frame: pl.DataFrame
    name: str
    headings: dict[str, str]
    synthetic: bool

    def file(self, kind: str) -> tuple[str, Callable[[], bytes]]:
        """The name of a file of it, and what makes the file, later and in a thread that knows no language."""
        frame = self.frame
        if self.synthetic and "synthetic" not in frame.columns:
            frame = frame.with_columns(pl.lit(True).alias("synthetic"))
        names = captions(frame.columns, self.headings)
        name = f"{'synthetic_' if self.synthetic else ''}{self.name}.{kind}"
        return name, partial(written, frame, names, kind, self.name[:31])


def offers() -> dict[str, Offer]:
    """What this run of the page has to take away, by its title."""
    made: dict[str, Offer] = st.session_state.setdefault("offers", {})
    return made


def offer(
    frame: pl.DataFrame, name: str, title: str, headings: dict[str, str], *, synthetic: bool
) -> None:
    """Add a table to what the page gives away; a listed one that is drawn too is given as drawn.

    Charts of the same table are given each by its own name, so that nobody looks for it in vain.
    """
    held = offers()
    columns = sorted(frame.columns)
    same = [
        called
        for called, each in held.items()
        if sorted(each.frame.columns) == columns
        and all(each.frame[column].equals(frame[column]) for column in columns)
    ]
    if headings and same:
        held.update(dict.fromkeys(same, Offer(frame, name, headings, synthetic)))
        return
    title = cut(spoken(title).rstrip("。."), 60)
    names = (title if n == 1 else f"{title} {n}" for n in itertools.count(1))
    free = next(each for each in names if each not in held)
    held[free] = Offer(frame, name, headings, synthetic)


def downloads() -> None:
    """The one place of a page where its tables are taken away: which, and as what."""
    held = offers()
    if not held:
        return
    # Fields of another page or language are other fields: they have other options.
    key = f"{language()}_{'|'.join(held)}"
    with st.popover(
        tr("Download the data of this page", "下载本页数据"), icon=":material/download:",
        key="popover_download",
    ):  # fmt: skip
        title = st.selectbox(tr("Table", "数据表"), list(held), key=f"download_table_{key}")
        kind = st.segmented_control(
            tr("Kind of file", "文件格式"), list(KINDS), default="xlsx", required=True,
            format_func=lambda name: KINDS[name][0], key=f"download_kind_{language()}",
        )  # fmt: skip
        chosen, kind = held.get(title, next(iter(held.values()))), kind or "xlsx"
        name, made = chosen.file(kind)
        st.download_button(
            tr("Download", "下载"),
            made,
            file_name=name,
            mime=KINDS[kind][1],
            icon=":material/download:",
            key=f"download_{kind}_{key}_{title}",
            on_click="ignore",
            width="stretch",
        )


def chart(
    figure: Any, frame: pl.DataFrame, name: str, words: str, *, synthetic: bool, finding: str = ""
) -> None:
    """A figure titled by what it shows, with words for those who cannot see it; its data are offered.

    Where it has nothing to draw, the page says so in its place.
    """
    title = named(figure)
    offer(frame, name, title, {}, synthetic=synthetic)
    if not drawn(figure):
        st.markdown(
            plain(tr(f"{title}: there is no value to draw.", f"{title}：没有可绘制的数值。"))
        )
        return
    prefix = "synthetic_" if synthetic else ""
    picture = held("image", list(FORMATS), "png")
    said = {
        "Download plot as a PNG": tr("Save as PNG", "保存为 PNG 图片"),
        "Download plot": tr("Save the picture", "保存图片"),
    }
    st.plotly_chart(
        set_in_print(headed(figure, spoken(finding))),
        width="stretch",
        theme=None,
        key=f"chart_{name}",
        alt=spoken(f"{finding} · {words}" if finding else words),
        config={
            "displaylogo": False,
            "displayModeBar": True,
            "modeBarButtons": [["toImage"]],
            "toImageButtonOptions": {"format": picture, "filename": f"{prefix}{name}", "scale": 2},
            "scrollZoom": False,
            "locale": "zh-CN" if language() == "zh" else "en",
            "locales": {"zh-CN": {"dictionary": said, "format": {}}},
        },
    )


def table(
    frame: pl.DataFrame,
    name: str,
    columns: dict[str, Any],
    words: str,
    *,
    synthetic: bool,
    leave: Sequence[str] = (),
    title: str = "",
    **more: Any,
) -> None:
    """A table that can be read aloud, printed and searched; every column of it is offered.

    `leave` names columns that are neither shown nor given out, such as who recorded a row; `title`
    is what the download calls the table, where `words` are many. One of more than `ROWS` rows is
    drawn on a canvas, with its first rows for print.
    """
    frame = frame.drop(leave, strict=False).select(*columns, pl.exclude(*columns))
    headings = {column: heading_of(config) for column, config in columns.items()}
    offer(frame, name, title or words, headings, synthetic=synthetic)
    if frame.height <= ROWS:
        st.html(html_table(*laid(frame, columns), caption=words))
        return
    st.dataframe(
        # as Arrow: of any other frame Streamlit makes one of pandas, which it loads first
        plain_columns(frame.select(list(columns))).to_arrow(),
        hide_index=True,
        width="stretch",
        height=more.pop("height", 480),
        column_config=columns,
        placeholder="—",
        alt=spoken(words),
        key=f"table_{name}",
        **more,
    )
    with st.container(key=f"print_{name}"):
        st.html(html_table(*laid(frame.head(ROWS), columns), caption=words))
        st.caption(
            tr(
                f"The first {ROWS} of {frame.height:,} rows; the download has them all.",
                f"共 {frame.height:,} 行，此处为前 {ROWS} 行，下载文件含全部。",
            )
        )
