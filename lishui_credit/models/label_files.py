"""A file of labels: what people call the columns of a sample, one column and its label a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.free_columns import filled
from lishui_credit.tables.header_words import normal
from lishui_credit.tables.read import read as read_raw

_COLUMN: Final = ("column", "列", "列名", "字段", "字段名", "变量", "变量名", "name", "id")
_LABEL: Final = ("label_zh", "label", "标签", "中文名", "中文名称", "中文标签", "名称", "含义")


def read_labels(path: Path | str, columns: Sequence[str]) -> dict[str, str]:
    """Return the labels of a file by column, or refuse it with everything that is wrong.

    The file has the columns ``column`` and ``label`` (or 列名 and 中文名称). A label of a column that
    the sample does not have, two labels for one column and an empty label are refused.
    """
    raw = read_raw(path)
    table = raw.whole().drop("_row")
    heads = {normal(name): name for name in table.columns}
    pair = [
        next((heads[name] for name in names if name in heads), None) for names in (_COLUMN, _LABEL)
    ]
    if None in pair:
        raise SubjectError(
            tr(
                "a file of labels has the columns 'column' and 'label'",
                "标签文件须有“列名”和“中文名称”两列",
            ),
            ", ".join(table.columns),
            "column,label",
            raw.name,
        )
    names, labels = (filled(table[str(name)]).to_list() for name in pair)
    told = [(name, label) for name, label in zip(names, labels, strict=True) if name or label]
    problems = lacking([name for name, _ in told], columns)
    for name, label in told:
        if not label:
            problems.append(
                Problem(tr("the label is empty", "标签为空"), str(name), where=raw.name)
            )
        elif not name:
            what = tr("a label without a column", "标签没有对应的列")
            problems.append(Problem(what, label, where=raw.name))
    given = [name for name, _ in told]
    problems += [
        Problem(tr("two labels for one column", "一列有两个标签"), str(name), where=raw.name)
        for name in dict.fromkeys(given)
        if name and given.count(name) > 1
    ]
    refuse(problems, SubjectError)
    return {str(name): str(label) for name, label in told}
