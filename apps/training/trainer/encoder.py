"""Texts to unit-length vectors with a transformer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer
from transformers.utils import logging

from apps.training.algorithms.batching import length_batches
from apps.training.trainer.base import Base
from apps.training.trainer.errors import TrainerError
from apps.training.trainer.frozen import OnRows

INFERENCE_BATCH = 64


class Encoder:
    """A base model with its tokenizer; pooled over the attention mask and scaled to length 1."""

    def __init__(self, base: Base, *, max_tokens: int) -> None:
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(base.folder)
            self.model: Any = AutoModel.from_pretrained(base.folder, use_safetensors=True, dtype=torch.float32)
        except (OSError, ValueError, KeyError) as exc:
            raise TrainerError("base_unavailable", f"The base model {base.name!r} could not be loaded: {exc}") from exc
        self.base = base
        self.max_tokens = min(max_tokens, getattr(self.model.config, "max_position_embeddings", max_tokens))
        self._pad_id = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else 0
        self.model.eval()

    @property
    def width(self) -> int:
        """Length of a vector."""
        return int(self.model.config.hidden_size)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, cut at `max_tokens`. An empty text still has its special tokens, or one pad."""
        if not texts:
            return []
        ids = self.tokenizer(list(texts), truncation=True, max_length=self.max_tokens)["input_ids"]
        return [row or [self._pad_id] for row in ids]

    def vectors(self, ids: Sequence[list[int]]) -> torch.Tensor:
        """Shape (n, width), with gradients if the caller records them."""
        longest = max(map(len, ids))
        padded = torch.tensor([row + [self._pad_id] * (longest - len(row)) for row in ids])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
        states = self.model(input_ids=padded, attention_mask=mask).last_hidden_state
        if self.base.pooling == "cls":
            pooled = states[:, 0]
        else:
            weights = mask.unsqueeze(-1).to(states.dtype)
            pooled = (states * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(pooled, dim=1)

    def embed(self, texts: Sequence[str], *, on_rows: OnRows | None = None) -> NDArray[np.float32]:
        """Shape (n_texts, width), in the order of `texts`; computed in batches of equal length."""
        ids = self.tokens(texts)
        found = np.empty((len(ids), self.width), dtype=np.float32)
        done = 0
        with torch.inference_mode():
            for batch in length_batches([len(row) for row in ids], batch_size=INFERENCE_BATCH):
                found[batch] = self.vectors([ids[row] for row in batch]).numpy()
                done += len(batch)
                if on_rows:
                    on_rows(done, len(ids))
        return found
