"""Small labelled files as somebody else would have them: other columns, quotes, newlines, non-ASCII."""

import csv
import json
from pathlib import Path

SAMPLE = Path("apps/console/sample/messages.jsonl")


def write_files(folder: Path, *, n_train: int, n_test: int) -> tuple[Path, Path]:
    """(train, test) with the columns `Betreff` and `Ärger?`, from the sample's messages."""
    rows = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    train, test = folder / "train file.csv", folder / "tést.csv"
    for path, part in ((train, rows[:n_train]), (test, rows[-n_test:])):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "Betreff", "Ärger?"])
            for row in part:
                writer.writerow(
                    [row["id"], f'{row["text"]}\n— "sent" from my téléphone', row["label"].replace("_", " ")]
                )
    return train, test


def arguments(train: Path, test: Path, target: Path) -> list[str]:
    return [
        "loop", "--train", str(train), "--test", str(test), "--text-column", "Betreff", "--label-column", "Ärger?",
        "--tuner", "probe", "--strategy", "margin", "--seed", "5", "--json", str(target), "--verbosity", "0",
    ]  # fmt: skip
