"""Model folders: written whole, hashed file by file, read back."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import rfc8785
from safetensors import safe_open
from safetensors.numpy import save_file

from apps.training.algorithms.linear_head import LinearHead
from apps.training.trainer.base import file_sha256
from apps.training.trainer.errors import TrainerError

HASHES = "sha256.json"
RESULT = "result.json"
LIBRARIES = ("torch", "transformers", "peft", "scikit-learn", "numpy", "safetensors", "tokenizers")


def write_json(path: Path, value: Any) -> None:
    """Indented JSON with sorted keys, for people and for stable hashes."""
    path.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """The value in a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def library_versions() -> dict[str, str]:
    """Versions of everything that can change a number."""
    return {name: version(name) for name in LIBRARIES}


def write_head(path: Path, head: LinearHead, *, labels: tuple[str, ...]) -> None:
    """Weights and bias as tensors; labels and temperature as metadata of the same file.

    The metadata is one key, since safetensors writes several in an order that changes from process to process.
    """
    about = {"labels": list(labels), "temperature": head.temperature}
    metadata = {"head": json.dumps(about, ensure_ascii=False)}
    tensors = {"weight": np.ascontiguousarray(head.weights), "bias": np.ascontiguousarray(head.bias)}
    save_file(tensors, path, metadata=metadata)


def read_head(path: Path) -> tuple[LinearHead, list[str]]:
    """The head and its labels, in the order of the probabilities."""
    with safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()["head"])
        head = LinearHead(
            weights=file.get_tensor("weight"),
            bias=file.get_tensor("bias"),
            temperature=float(about["temperature"]),
        )
    return head, about["labels"]


def write_hashes(folder: Path) -> str:
    """Write `sha256.json`: a hash for each file, and one digest over those.

    `digest` covers every file, `weights_digest` only the tensors: two runs with one seed share the second, while the
    first also covers their timings. Both are the SHA-256 of the canonical JSON (RFC 8785) of {name: hash}.

    Returns:
        The digest.
    """
    files = file_hashes(folder)
    weights = {name: digest for name, digest in files.items() if name.endswith(".safetensors")}
    digest = _digest(files)
    write_json(folder / HASHES, {"files": files, "digest": digest, "weights_digest": _digest(weights)})
    return digest


def verify_hashes(folder: Path) -> str:
    """Recompute every hash of a finished model folder and return its digest.

    Raises:
        TrainerError: kind `artifact_damaged`; names a file that is missing, changed or too many.
    """
    try:
        stated = read_json(folder / HASHES)
    except (OSError, ValueError) as exc:
        raise TrainerError("artifact_damaged", f"{HASHES} is missing or unreadable.") from exc
    found = file_hashes(folder)
    wrong = sorted(name for name in {*found, *stated["files"]} if found.get(name) != stated["files"].get(name))
    if wrong:
        raise TrainerError("artifact_damaged", f"Not as hashed: {', '.join(wrong)}.")
    if _digest(found) != stated["digest"]:
        raise TrainerError("artifact_damaged", "The digest does not fit the files.")
    return str(stated["digest"])


def file_hashes(folder: Path) -> dict[str, str]:
    """Hex SHA-256 by relative name; without the two files that are written after the hashes are known."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: file_sha256(path) for name, path in names.items() if name not in (HASHES, RESULT)}


def _digest(files: dict[str, str]) -> str:
    return hashlib.sha256(rfc8785.dumps(dict(files))).hexdigest()
