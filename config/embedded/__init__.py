"""The zero-infrastructure runtime: a private Postgres and a private Redis that live exactly as long as we do."""

from config.embedded.errors import EmbeddedError
from config.embedded.home import Home, checkout_home, temporary_home
from config.embedded.postgres import embedded_postgres
from config.embedded.redis import embedded_redis

__all__ = ["EmbeddedError", "Home", "checkout_home", "embedded_postgres", "embedded_redis", "temporary_home"]
