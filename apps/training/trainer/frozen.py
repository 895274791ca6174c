"""Embeddings of an unchanged base: from the cache, and computed only where a text is new.

Nothing here imports torch: a run whose texts are all known starts in a second instead of five.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from apps.training.trainer.base import Base
from apps.training.trainer.cache import EmbeddingCache

# Rows that one look into the cache and one write to it take.
CACHE_CHUNK = 1024
OnRows = Callable[[int, int], None]


class Embedder(Protocol):
    """Whatever turns texts into vectors."""

    def embed(self, texts: Sequence[str], *, on_rows: OnRows | None = None) -> NDArray[np.float32]:
        """Shape (n_texts, width), in the order of `texts`."""


class FrozenEmbeddings:
    """Embeddings of an unchanged base through the cache; the base is loaded only when a text is new."""

    def __init__(self, base: Base, *, cache: EmbeddingCache, load: Callable[[], Embedder]) -> None:
        self._cache = cache
        self._load = load
        self.base = base

    def embed(self, texts: Sequence[str], *, on_rows: OnRows | None = None) -> NDArray[np.float32]:
        """Shape (n_texts, width). What is new is computed once per different text, longest first, and kept."""
        known = self._cache.read(texts)
        fresh = sorted(
            {text for row, text in enumerate(texts) if row not in known}, key=lambda text: (-len(text), text)
        )
        for start in range(0, len(fresh), CACHE_CHUNK):
            part = fresh[start : start + CACHE_CHUNK]
            self._cache.write(part, self._load().embed(part))
            if on_rows:
                on_rows(min(len(known) + start + len(part), len(texts)), len(texts))
        if on_rows:
            on_rows(len(texts), len(texts))
        known = self._cache.read(texts) if fresh else known
        return np.stack([known[row] for row in range(len(texts))]) if texts else np.empty((0, 0), dtype=np.float32)
