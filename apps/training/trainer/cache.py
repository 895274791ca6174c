"""Embeddings of a frozen base, kept on disk between runs."""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# SQLite's oldest limit on variables in one statement is 999.
KEYS_A_QUERY = 500


class EmbeddingCache:
    """One SQLite file for each base, pooling and length limit; the key is the SHA-256 of the text.

    SQLite's own locking makes it safe for two processes at once, and a process killed while writing leaves whole rows.
    It is a cache: whoever deletes the folder loses time only.
    """

    def __init__(self, folder: Path, *, fingerprint: str, pooling: str, max_tokens: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / f"{fingerprint[:32]}-{pooling}-{max_tokens}.sqlite", timeout=60)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS embedding (sha BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    def read(self, texts: Sequence[str]) -> dict[int, NDArray[np.float32]]:
        """Position → vector of those `texts` that are known."""
        keys = [_key(text) for text in texts]
        wanted = sorted(set(keys))
        known: dict[bytes, NDArray[np.float32]] = {}
        for start in range(0, len(wanted), KEYS_A_QUERY):
            part = wanted[start : start + KEYS_A_QUERY]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(f"SELECT sha, vector FROM embedding WHERE sha IN ({marks})", part)  # noqa: S608
            known.update((sha, np.frombuffer(vector, dtype="<f4")) for sha, vector in rows)
        return {position: known[key] for position, key in enumerate(keys) if key in known}

    def write(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep one vector per text; what another process wrote first stays."""
        rows = [(_key(text), vector.astype("<f4").tobytes()) for text, vector in zip(texts, vectors, strict=True)]
        with self._db:
            self._db.executemany("INSERT OR IGNORE INTO embedding VALUES (?, ?)", rows)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
