"""API keys and rows as clients send them."""

import itertools

from rest_framework.test import APIClient

from apps.projects.authentication import key_hash
from apps.projects.models import ApiKey, Project
from tests.factories.clock import NOW

_number = itertools.count(1)


def api_key(project: Project, *scopes: str) -> tuple[ApiKey, str]:
    """A key with the given scopes (all unless given), and the words that a client sends."""
    secret = f"ts_test_{next(_number)}"
    made = ApiKey.objects.create(
        project=project,
        name="Test client",
        prefix=secret[:8],
        key_hash=key_hash(secret),
        scopes=list(scopes or ApiKey.SCOPES),
        created_by=project.created_by,
        created_at=NOW,
    )
    return made, secret


def api_client(project: Project, *scopes: str) -> APIClient:
    """A client that sends a key of the project with each request."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {api_key(project, *scopes)[1]}")
    return client


def trace_row(**fields) -> dict:
    """A body of POST /api/v1/traces."""
    return {"trace_id": f"row-{next(_number)}", "input": "Where is my parcel?", "output": "On its way."} | fields
