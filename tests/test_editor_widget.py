"""The widget is a view of the editor: it draws its state, sends intents, and says what was refused."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lishui_credit.language import set_language
from lishui_credit.scorecards import BinEditor, editor_widget
from tests.dashboard import CHINESE, ENGLISH, SCREENS, needs_browser
from tests.models import german, german_model, mixed, mixed_process

FRAME, BAD = mixed()


def editor(name: str) -> BinEditor:
    return BinEditor(FRAME, BAD, name, mixed_process())


@pytest.mark.parametrize("name", FRAME.columns)
def test_a_state_is_plain_json_and_holds_every_bin(name: str) -> None:
    shown = editor(name)
    state = editor_widget.drawn(shown)
    assert json.loads(json.dumps(state, allow_nan=False))["splits"] == f"splits={shown.splits!r}"
    assert [row["said"] for row in state["bins"]] == shown.table()["bin"].to_list()
    assert len(state["cuts"]) == len(shown.cuts)
    if not shown.numeric:
        told = [level for row in state["bins"] for level, _ in row["levels"]]
        assert sorted(told) == sorted(level for part in shown.splits[name] for level in part)


def test_intents_are_moves_and_one_drag_is_one_move() -> None:
    shown = editor("income")
    since = shown.moves
    for to in (30, 20, 3):
        editor_widget.answered(shown, {"act": "place", "cut": 1, "to": to, "since": since})
    low, high = shown.cuts[0], shown.cuts[2]
    assert shown.moves == since + 1
    assert low < shown.cuts[1] < high  # it stops before its neighbour
    editor_widget.answered(shown, {"act": "undo"})
    assert shown.cost.loss == 0.0
    for intent, bins in (({"act": "merge", "bin": 0}, -1), ({"act": "split", "bin": 0}, 1)):
        before = len(shown.bins)
        editor_widget.answered(shown, intent)
        assert len(shown.bins) == before + bins
    state = editor_widget.answered(shown, {"act": "lock", "bin": 2})
    assert [row["locked"] for row in state["bins"]].index(True) == 2
    state = editor_widget.answered(shown, {"act": "lock", "bin": 2})
    assert not any(row["locked"] for row in state["bins"])


@pytest.mark.parametrize(
    "intent",
    [
        {"act": "merge", "bin": 99},
        {"act": "lock", "bin": -1},
        {"act": "cut", "at": None},
        {"act": "step", "cut": 99, "by": 1},
        {"act": "regroup", "levels": ["a"], "bin": 0},
        {"act": "card"},
        {"act": "__init__"},
        {},
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(intent: dict[str, Any]) -> None:
    shown = editor("income")
    before = shown.splits
    assert editor_widget.answered(shown, intent)["fault"]
    assert shown.splits == before


def test_the_loss_of_the_whole_card_is_told_when_asked_for() -> None:
    frame, bad = german()
    shown = BinEditor(frame, bad, "duration_in_month", german_model())
    shown.merge(0)
    assert len(editor_widget.drawn(shown)["facts"]) == 2
    state = editor_widget.answered(shown, {"act": "card"})
    assert f"{shown.card_cost.loss:.2f}" in state["facts"][2]


def test_words_are_in_the_language_in_use() -> None:
    shown = editor("income")
    for lang in ("zh", "en"):
        set_language(lang)
        try:
            state = editor_widget.drawn(shown)
        finally:
            set_language("en")
        said = json.dumps([state["words"], state["remarks"], state["facts"]], ensure_ascii=False)
        assert bool(CHINESE.search(said)) == (lang == "zh")
        if lang == "zh":
            assert not ENGLISH.search(said)


def test_the_widget_answers_messages_with_a_new_state() -> None:
    pytest.importorskip("anywidget")
    widget = editor_widget.edit_bins(FRAME, BAD, "income", mixed_process())
    before = widget.splits
    widget._handle_custom_msg({"act": "merge", "bin": 0}, [])
    assert widget.splits == {"income": before["income"][1:]} == widget.editor.splits
    assert widget.state["splits"] == f"splits={widget.splits!r}"


def test_the_widget_keeps_the_language_it_was_opened_in() -> None:
    pytest.importorskip("anywidget")
    set_language("zh")
    try:
        widget = editor_widget.widget_of(editor("income"))
    finally:
        set_language("en")
    widget._handle_custom_msg({"act": "merge", "bin": 0}, [])
    assert widget.state["words"]["lang"] == "zh-CN"


def test_without_the_extra_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['anywidget'] = None\n"
        "from tests.models import mixed\n"
        "from lishui_credit.scorecards import edit_bins\n"
        "edit_bins(*mixed(), 'income')"
    )
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "lishui-credit[notebooks]" in done.stderr


# A model as a notebook gives one: `get`, `on`, `off`, `send`; Python answers with the next state.
PAGE = """<!doctype html><html lang="en"><title>t</title><main id="at"></main><script type="module">
import widget from "data:text/javascript;base64,SCRIPT";
let heard = null;
const model = { state: STATE, get: () => model.state, on: (_, f) => { heard = f; }, off: () => {},
  send: async intent => { model.state = await window.answer(intent); heard(); } };
widget.render({ model, el: document.getElementById("at") });
</script></html>"""


@needs_browser
def test_bins_are_dragged_merged_and_locked_in_a_browser_by_pointer_and_keyboard(
    browser: Any,
) -> None:
    script = base64.b64encode(editor_widget.SCRIPT.read_bytes()).decode()
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request", lambda request: request.url.startswith("http") and faults.append(request.url)
    )
    shown: dict[str, BinEditor] = {}
    page.expose_function("answer", lambda intent: editor_widget.answered(shown["now"], intent))

    def opened(name: str) -> BinEditor:
        shown["now"] = editor(name)
        state = json.dumps(editor_widget.drawn(shown["now"]))
        page.set_content(PAGE.replace("SCRIPT", script).replace("STATE", state))
        page.wait_for_selector(".lc-bins table tbody tr")
        return shown["now"]

    def settled(splits: Any) -> None:
        page.wait_for_function(
            "text => document.querySelector('textarea').value === text", arg=f"splits={splits!r}"
        )

    rows_are = "count => [...document.querySelectorAll('tbody tr')].filter(r => r.querySelector('button')).length === count"
    try:
        number = opened("income")
        start = number.cuts
        handle = page.get_by_role("slider", name="cut point 2")
        handle.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "old => !document.querySelector('textarea').value.includes(old)", arg=f" {start[1]}"
        )
        assert number.cuts[1] == min(mark for mark in number.candidates if mark > start[1])
        settled(number.splits)
        assert handle.evaluate("one => one === document.activeElement")  # focus stays on the cut
        page.keyboard.press("l")
        page.wait_for_selector("[aria-pressed=true]")
        assert number.locked == tuple(place == 1 for place in range(len(number.bins)))
        page.keyboard.press("Delete")  # a locked bin does not merge, and that is said
        page.wait_for_function("document.querySelector('[role=alert]').textContent !== ''")
        assert "locked" in page.get_by_role("alert").inner_text()
        page.get_by_role("slider", name="cut point 4").focus()
        before = number.cuts
        page.keyboard.press("Delete")
        page.wait_for_function(
            "many => document.querySelectorAll('[role=slider]').length === many",
            arg=len(before) - 1,
        )
        assert number.cuts == before[:3] + before[4:]
        # A drag with the pointer, over several candidates, is one move.
        moves, held = number.moves, number.cuts
        box = page.get_by_role("slider", name="cut point 4").locator("circle").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 25, y, steps=5)
        page.mouse.up()
        page.wait_for_function(
            "old => !document.querySelector('textarea').value.includes(old)", arg=f" {held[3]}"
        )
        settled(number.splits)
        assert number.cuts[3] < held[3]
        assert number.moves == moves + 1
        assert axe_faults(page) == []
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / "editor_income.png")

        group = opened("trade")
        assert ["茶叶"] in group.splits["trade"]
        count = len(group.bins)
        page.get_by_role("button", name="茶叶:").drag_to(page.locator("tbody tr").first)
        page.wait_for_function(rows_are, arg=count - 1)
        assert "茶叶" in group.splits["trade"][0]
        page.get_by_role("button", name="茶叶:").press("Enter")
        page.get_by_role("combobox").select_option("-1")
        page.get_by_role("button", name="Move chosen levels to").click()
        page.wait_for_function(rows_are, arg=count)
        assert ["茶叶"] in group.splits["trade"]
        assert axe_faults(page) == []
        page.screenshot(path=SCREENS / "editor_trade.png")
    finally:
        page.close()
    assert faults == []


def axe_faults(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    return [f"{row['id']}: {row['nodes'][0]['html'][:200]}" for row in found]
