"""Exports read back with the tools of those who use them."""

import io
import json
import zipfile

import pyarrow.parquet as pq
import pytest
import yaml
from label_studio_sdk.label_interface import LabelInterface

from apps.golden import exports
from apps.golden.algorithms.hashing import merkle_root
from apps.golden.models import GoldenPayload
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

TEXTS = [
    "Wo ist mein Päckchen? «heute»",
    'He said "refund\nnow", twice',
    "مرحبا أين طلبي",
    "Short",
    *map(str, range(20, 40)),
]


@pytest.fixture
def version(manager, settle):
    items = [
        settle("Refund" if number % 2 else "Exchange", text, source="simulated" if number == 3 else "human")
        for number, text in enumerate(TEXTS)
    ]
    return factories.golden_version(
        items, test=items[::3], by=manager, name="Support | intents", test_share=0.4, allows_simulated=True
    )


@pytest.fixture
def erased(version):
    row = version.items.filter(split="train").first()
    GoldenPayload.objects.filter(pk=row.pk).update(data=None, result=None, erased_at=NOW)
    return str(row.item_id)


def _lines(version):
    return [json.loads(line) for line in b"".join(exports.export_jsonl(version)).splitlines()]


def test_export_jsonl_has_every_item_and_its_hash(version):
    rows = _lines(version)
    assert {row["text"] for row in rows} == set(TEXTS)
    assert merkle_root({row["id"]: row["hash"] for row in rows}) == version.content_hash
    assert sum(row["simulated"] for row in rows) == 1


def test_export_jsonl_names_the_gap_of_an_erased_item(version, erased):
    row = next(row for row in _lines(version) if row["id"] == erased)
    assert (row["text"], row["data"], row["result"], row["erased"]) == (None, None, None, True)
    assert row["label"] in ("Refund", "Exchange")


def test_export_label_studio_fits_its_own_config(version, erased):
    items = json.loads(b"".join(exports.export_label_studio(version)))
    assert len(items) == len(TEXTS)
    interface = LabelInterface(version.schema.config)
    whole = [item for item in items if not item["meta"]["erased"]]
    assert len(whole) == len(TEXTS) - 1
    for item in whole:
        assert interface.validate_task({"data": item["data"]})
        for answer in item["annotations"]:
            assert interface.validate_annotation(answer)


def _folder(version):
    return zipfile.ZipFile(io.BytesIO(b"".join(exports.export_parquet_folder(version))))


def _tables(archive):
    names = [name for name in archive.namelist() if name.endswith(".parquet")]
    return {name: pq.read_table(io.BytesIO(archive.read(name))) for name in names}


def test_export_parquet_folder_has_the_layout_of_datasets(version):
    archive = _folder(version)
    assert archive.testzip() is None
    card = yaml.safe_load(archive.read("README.md").decode().split("---\n")[1])
    tables = _tables(archive)
    assert card["configs"][0]["data_files"] == [
        {"split": "train", "path": "data/train-*.parquet"},
        {"split": "test", "path": "data/test-*.parquet"},
    ]
    assert set(tables) == {"data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet"}
    for split in card["dataset_info"]["splits"]:
        assert tables[f"data/{split['name']}-00000-of-00001.parquet"].num_rows == split["num_examples"]
    names = [feature["name"] for feature in card["dataset_info"]["features"]]
    assert all(table.column_names == names for table in tables.values())


def test_export_parquet_folder_card_hash_verifies(version):
    archive = _folder(version)
    card = yaml.safe_load(archive.read("README.md").decode().split("---\n")[1])
    rows = [row for table in _tables(archive).values() for row in table.to_pylist()]
    assert merkle_root({row["id"]: row["hash"] for row in rows}) == card["touchstone"]["content_hash"]
    assert {row["text"] for row in rows} == set(TEXTS)
    assert json.loads(archive.read("manifest.json")) == version.manifest


def test_export_parquet_folder_names_gaps_and_what_is_simulated(version, erased):
    archive = _folder(version)
    rows = [row for table in _tables(archive).values() for row in table.to_pylist()]
    gap = next(row for row in rows if row["id"] == erased)
    assert (gap["text"], gap["erased"]) == (None, True)
    words = archive.read("README.md").decode()
    assert "Erased since at a person's request: 1" in words
    assert "1 items (4.2%) rest on simulated content" in words


def test_exports_are_the_same_bytes_again(version):
    for export in (exports.export_jsonl, exports.export_label_studio, exports.export_parquet_folder):
        assert b"".join(export(version)) == b"".join(export(version))


def test_exports_come_in_pieces_and_few_queries(version, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        pieces = list(exports.export_parquet_folder(version))
    assert len(pieces) > 1
