"""A frozen golden version of Banking77 texts, and a store for artifacts that the run throws away."""

import pytest

from apps.golden import services as golden_services
from apps.queues.models import Item
from tests import factories
from tests.factories import NOW
from tests.training.trainer_process import LABELS, banking_rows


@pytest.fixture(scope="session")
def embedding_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("embeddings")


@pytest.fixture(autouse=True)
def artifact_store(settings, tmp_path, embedding_cache):
    settings.ARTIFACT_ROOT = tmp_path / "artifacts"
    settings.EMBEDDING_CACHE_ROOT = embedding_cache
    settings.TRAINER_THREADS = 1
    return settings.ARTIFACT_ROOT


def freeze_banking(project, manager, rows, *, test_share=0.0):
    """Settle one item per row, gather, freeze."""
    queue = factories.queue(project)
    pair = [factories.member(project, "reviewer") for _ in range(2)]
    for row in rows:
        factories.settled_item(queue, row["label"], row["text"], reviewers=pair)
    golden_set = golden_services.golden_set_create(
        project=project, name="Banking", by=manager, now=NOW, test_share=test_share
    )
    golden_services.golden_gather(golden_set=golden_set, items=Item.objects.all(), by=manager, now=NOW)
    return golden_services.golden_freeze(golden_set=golden_set, by=manager, now=NOW)


@pytest.fixture
def banking(db):
    """A project that asks for one of four intents."""
    return factories.project("Banking", labels=LABELS)


@pytest.fixture
def banker(banking):
    return factories.member(banking, "manager", name="Manager of banking")


@pytest.fixture
def version(banking, banker):
    return freeze_banking(banking, banker, banking_rows(per_label=10))
