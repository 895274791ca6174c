"""MODEL_CARD.md: what a stranger must know before using the model, from the run's own numbers."""

from typing import Any


def model_card(config: dict[str, Any], metrics: dict[str, Any]) -> str:
    """Markdown; the front matter is what the Hugging Face hub reads."""
    parts = (
        _front_matter(config),
        _what(config, metrics),
        _data(config, metrics),
        _quality(metrics),
        _limits(config, metrics),
    )
    return "\n\n".join(parts) + "\n"


def _front_matter(config: dict[str, Any]) -> str:
    lines = ["---", f"base_model: {config['base']}", "library_name: peft" if config["kept"] == "lora" else "", "---"]
    return "\n".join(line for line in lines if line)


def _what(config: dict[str, Any], metrics: dict[str, Any]) -> str:
    how = {
        "probe": "a multinomial logistic regression (C = 30) on frozen embeddings",
        "lora": f"a LoRA adapter (r = {config['lora']['r']}, alpha = {config['lora']['alpha']}, on "
        f"{', '.join((metrics['lora'] or {}).get('target', []))}) under a linear head that started from the probe",
    }[config["kept"]]
    return (
        "# Text classifier\n\n"
        f"It tells {len(config['labels'])} labels apart. It is {how}; embeddings are pooled by "
        f"{config['pooling']} over the tokens (at most {config['lora']['max_tokens']}) and scaled to length 1.\n\n"
        f"- Base: `{config['base']}`, SHA-256 of its files `{config['base_sha256']}`\n"
        f"- Licence of the base: {config['base_licence']}\n"
        f"- Seed: {config['seed']}\n"
        f"- Why this one was kept: {metrics['why']}"
    )


def _data(config: dict[str, Any], metrics: dict[str, Any]) -> str:
    golden = config["golden"]
    lines = [f"- {name}: {golden[name]}" for name in sorted(golden)] or ["- no golden version was named"]
    counts = metrics["counts"]
    rows = [f"| {_cell(label)} | {count} |" for label, count in counts["per_label"].items()]
    return "\n".join(
        [
            "## Data",
            "",
            *lines,
            f"- items: {counts['items']}, of which {counts['validation_part']} were held out for validation",
            "",
            "| label | items |",
            "| --- | ---: |",
            *rows,
        ]
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _quality(metrics: dict[str, Any]) -> str:
    lines = ["## Quality on the validation part", "", f"- linear probe: {_share(metrics['probe'], metrics)}"]
    if metrics["lora"]:
        lines.append(f"- LoRA: {_share(metrics['lora'], metrics)}; {metrics['lora']['stopped']}")
    lines.append("")
    lines.append("The validation part chose between the two, so these numbers are not an evaluation; that is an")
    lines.append("evaluation run on items which the model never saw.")
    return "\n".join(lines)


def _share(scores: dict[str, Any], metrics: dict[str, Any]) -> str:
    if scores.get("validation_accuracy") is None:
        return "not measured, too few items"
    n_items = metrics["counts"]["validation_part"]
    return f"{scores['validation_accuracy']:.3f} ({scores['validation_correct']} of {n_items})"


def _limits(config: dict[str, Any], metrics: dict[str, Any]) -> str:
    counts = metrics["counts"]["per_label"]
    absent = [label for label, count in counts.items() if not count]
    rare = [label for label, count in counts.items() if 0 < count < 5]
    lines = [
        "## Limits",
        "",
        "- It always answers with one of its labels, also for a text that belongs to none of them.",
        f"- Text beyond {config['lora']['max_tokens']} tokens is not read.",
        "- What its base was trained on, languages and biases included, it has inherited.",
    ]
    if absent:
        lines.append(f"- Never predicted, for want of a single training item: {', '.join(map(_cell, absent))}.")
    if rare:
        lines.append(f"- Fewer than five training items: {', '.join(map(_cell, rare))}.")
    return "\n".join(lines)
