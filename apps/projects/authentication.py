"""API keys at the door: `Authorization: Bearer ts_…`, and what a key may do."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.projects.models import ApiKey, Project

USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class ApiClient:
    """Who stands behind a request with a key: a program, not a person."""

    api_key: ApiKey
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True

    @property
    def pk(self) -> str:
        return f"api_key:{self.api_key.pk}"

    def __str__(self) -> str:
        return str(self.api_key)


def key_hash(key: str) -> str:
    """SHA-256 hex of a key. The key has 256 random bits, so a slow hash would protect nothing more."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKeyAuthentication(BaseAuthentication):
    """Sets `request.auth` to the key and `request.user` to its `ApiClient`. A refusal is 401."""

    def authenticate(self, request: Request) -> tuple[ApiClient, ApiKey] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed("The Authorization header must be “Bearer”, a space, and the key.")
        api_key = _key_of(words[1])
        if api_key is None:
            raise AuthenticationFailed("The API key is unknown or was revoked.")
        _note_use(api_key, now=timezone.now())
        return ApiClient(api_key), api_key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="touchstone"'


def _key_of(word: bytes) -> ApiKey | None:
    hashed = key_hash(word.decode("latin-1"))
    return ApiKey.objects.select_related("project").filter(key_hash=hashed, revoked_at__isnull=True).first()


def _note_use(api_key: ApiKey, *, now: datetime) -> None:
    """At most one write a minute, so that a busy key does not become one hot row."""
    if api_key.last_used_at is None or api_key.last_used_at < now - USE_IS_NOTED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
        ApiKey.objects.filter(stale, pk=api_key.pk).update(last_used_at=now)


class HasScope(BasePermission):
    """`permission_classes = [HasScope.of("ingest")]`: the key must hold the scope."""

    scope = ""

    @classmethod
    def of(cls, scope: str) -> "type[HasScope]":
        return type(f"HasScope_{scope}", (cls,), {"scope": scope, "message": f"The key lacks the scope “{scope}”."})

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, ApiKey) and self.scope in request.auth.scopes


def key_of(request: Request) -> ApiKey:
    """The key behind an authenticated request."""
    return cast(ApiKey, request.auth)


def project_of(request: Request) -> Project:
    """The one project that the request's key opens."""
    return key_of(request).project
