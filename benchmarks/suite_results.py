"""The file of one run of `suite.py`: sealed, signed beside itself, checked by anybody.

`benchmarks/results/<minute>.json` holds every figure with the machine, the commits, the versions, the seeds
and the SHA-256 of the data. Inside stands the SHA-256 of all else (`sealed_json`), which finds damage;
`<minute>.json.sig` is an ed25519 signature of the file's bytes, which finds a change on purpose. It says
that whoever holds the key wrote the file, not who that is: get the public key from somebody you trust.
"""

from __future__ import annotations

import base64
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.scorecards.sealed_json import read_sealed, seal

FOLDER = Path(__file__).resolve().parent / "results"
KIND = "lishui_credit.benchmarks"


def latest() -> Path:
    """The newest results file; where none is, the one that would be written now."""
    found = sorted(FOLDER.glob("*.json"))
    return found[-1] if found else _new()


def _new() -> Path:
    return FOLDER / f"{datetime.now(UTC):%Y-%m-%dT%H%M}.json"


def machine() -> dict[str, Any]:
    """What the figures were measured on; never its name or its paths."""
    lines = (
        Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    )
    kinds = [row.split(":", 1)[1].strip() for row in lines.splitlines() if row[:10] == "model name"]
    return {
        "cores": os.cpu_count(),
        "processor": kinds[0] if kinds else platform.processor() or platform.machine(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def gathered(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What is done as one document: of each set the data of its last row, of each key the last row."""
    data = {row["set"]: row["data"] for row in rows if row["part"] == "folds"}
    held: dict[str, dict[Any, dict[str, Any]]] = {
        "folds": {},
        "proofs": {},
        "reject": {},
    }
    versions: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["part"] == "folds" and row["data"] != data[row["set"]]:
            continue
        key = tuple(row.get(name) for name in ("set", "contender", "seed"))
        if "versions" in row:
            versions[row["contender"]] = row["versions"]
        left_out = ("part", "data", "commit", "machine", "versions", "seed")
        kept = {name: value for name, value in row.items() if name not in left_out}
        held[row["part"]][key] = kept | ({"seed": row["seed"]} if "seed" in row else {})
    seeds = sorted({row["seed"] for row in held["folds"].values()})
    drawn = [row["taken"] for row in data.values() if row["taken"] < row["rows"]]
    most = f" --most-rows {max(drawn)}" if drawn else ""
    return {
        "kind": KIND,
        "made_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "command": f"python benchmarks/suite.py run --seeds {' '.join(map(str, seeds))}{most}",
        "commits": sorted({row["commit"] for row in rows}),
        "machine": rows[-1]["machine"] | {"load": _loads(rows)},
        "seeds": seeds,
        "versions": versions,
        "data": data,
        **{part: list(kept.values()) for part, kept in held.items()},
    }


def _loads(rows: Sequence[dict[str, Any]]) -> str:
    loads = [row["machine"]["load"] for row in rows]
    return f"{min(loads)} to {max(loads)}"


def write(rows: Sequence[dict[str, Any]], file: Path | None, key: Path | None) -> str:
    """Write a new file, and the signature beside it; say so."""
    if not rows:
        raise ModelError(
            tr("nothing is measured yet", "尚无测量结果"),
            hint=tr("do a run first: `suite.py run`", "请先运行 `suite.py run`"),
        )
    path = file or _new()
    path.parent.mkdir(parents=True, exist_ok=True)
    seal(gathered(rows), path)
    if key is None:
        return tr(f"{path.name}, not signed: no --key", f"{path.name},未签名:没有 --key")
    return sign(path, key)


def sign(path: Path, key: Path) -> str:
    """Sign a file's bytes; the signature and the public key stand beside it."""
    from cryptography.hazmat.primitives import serialization as form

    text = key.expanduser().read_bytes()
    openssh = text.startswith(b"-----BEGIN OPENSSH")
    private = (form.load_ssh_private_key if openssh else form.load_pem_private_key)(text, None)
    signature = base64.encodebytes(_ed25519(private, "private").sign(path.read_bytes()))
    path.with_name(f"{path.name}.sig").write_bytes(signature)
    public = private.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH)
    path.with_name(f"{path.name}.pub").write_bytes(public + b"\n")
    return tr(
        f"{path.name}, signed by {_print(public)}",
        f"{path.name},签名密钥 {_print(public)}",
    )


def check(path: Path, key: Path | None = None) -> str:
    """Say that a file is what was sealed and signed; ModelError where it is not.

    Without a key named, the public key beside the file is used: that finds a change of the file, not
    one of file, signature and key together.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import serialization as form

    found = read_sealed(path, KIND)
    public_file = key or path.with_name(f"{path.name}.pub")
    signature = path.with_name(f"{path.name}.sig")
    for needed in (signature, public_file):
        if not needed.exists():
            raise ModelError(
                tr("there is no signature to check", "缺少签名,无法核对"),
                tr(f"{needed.name} is absent", f"没有 {needed.name}"),
                hint=tr("get it from whoever made the run", "请向测量者索取"),
                where=str(path),
            )
    text = public_file.expanduser().read_bytes()
    public = _ed25519(form.load_ssh_public_key(text), "public")
    try:
        public.verify(base64.decodebytes(signature.read_bytes()), path.read_bytes())
    except InvalidSignature as error:
        raise ModelError(
            tr("the file is not what this key signed", "文件与该密钥的签名不符"),
            hint=tr("get file, signature and key again", "请重新取得文件、签名与公钥"),
            where=str(path),
        ) from error
    told = _print(text.split(b" ")[0] + b" " + text.split()[1])
    own = "" if key else tr("; the key stands beside the file", ";公钥与文件同处")
    return tr(
        f"{path.name} of {found['made_at']}: whole, and signed by {told}{own}",
        f"{path.name}({found['made_at']}):完整,签名密钥 {told}{own}",
    )


def _ed25519(key: Any, kind: str) -> Any:
    """The key, if it is of the one kind that is taken."""
    from cryptography.hazmat.primitives.asymmetric import ed25519

    wanted = {"private": ed25519.Ed25519PrivateKey, "public": ed25519.Ed25519PublicKey}[kind]
    if isinstance(key, wanted):
        return key
    raise ModelError(
        tr("the key is not of the kind ed25519", "密钥不是 ed25519 类型"),
        type(key).__name__,
        hint=tr("make one: ssh-keygen -t ed25519", "可用 ssh-keygen -t ed25519 生成"),
    )


def _print(public: bytes) -> str:
    """The fingerprint that `ssh-keygen -lf` prints."""
    import hashlib

    digest = hashlib.sha256(base64.b64decode(public.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
