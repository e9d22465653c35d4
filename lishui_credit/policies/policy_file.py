"""A lending policy as a small TOML file: read and check it, write it, keep it in a manifest.

`read_policy` turns a file into a `Policy` or raises one `PolicyError` that lists all its problems,
each by its line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from lishui_credit.errors import PolicyError
from lishui_credit.language import tr
from lishui_credit.policies.policy import Constraints, Policy, Score, said
from lishui_credit.policies.policy_checks import check
from lishui_credit.tables.toml_documents import Document, parse_document, read_document
from lishui_credit.tables.toml_values import toml_value


def read_policy(path: Path | str) -> Policy:
    """Read and check a policy file.

    Parameters
    ----------
    path : path-like
        TOML in UTF-8.

    Returns
    -------
    Policy

    Raises
    ------
    PolicyError
        With every problem of the file, each by its line.
    """
    return _checked(read_document(Path(path), PolicyError))


def parse(text: str, where: str = "policy") -> Policy:
    """Turn the text of a policy file, shown in messages as `where`, into a checked `Policy`."""
    return _checked(parse_document(text, where, PolicyError))


def _checked(document: Document) -> Policy:
    return document.make(Policy, check=check)


def _dated(body: dict[str, Any]) -> dict[str, Any]:
    """Return stored content with its decimals and dates as TOML would give them."""
    for row in [body, *body.get("segments", [])]:
        for name in ("cut_off", "approve_at_least", "refer_at_least"):
            if isinstance(row.get(name), str) and not body["score"].get("order"):
                row[name] = Decimal(row[name])
    if isinstance(body.get("approved_on"), str):
        body["approved_on"] = date.fromisoformat(body["approved_on"])
    if "valid" in body:
        body["valid"] = {key: date.fromisoformat(day) for key, day in body["valid"].items()}
    return body


def from_content(data: Mapping[str, Any]) -> Policy:
    """Return the policy that a manifest stores as `content`; raises `PolicyError` if it is none."""
    try:
        body = _dated(json.loads(json.dumps(data), parse_float=Decimal))
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        what = tr("the stored policy is damaged", "所存政策已损坏")
        raise PolicyError(what, f"{type(error).__name__}: {error}") from None
    return _checked(Document("policy", body, PolicyError))


def to_toml(policy: Policy) -> str:
    """Return a policy as the text of its file; `parse` gives the same policy back."""
    top, tables = [], []
    for name in said(policy):
        value = getattr(policy, name)
        if name == "segments":
            for row in value:
                tables.append("\n[[segments]]")
                tables += [f"{key} = {_toml(getattr(row, key))}" for key in said(row)]
        else:
            top.append(f"{name} = {_toml(value)}")
    return "\n".join([*top, *tables]) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, Score | Constraints):
        value = {name: getattr(value, name) for name in said(value)}
    return toml_value(value)
