"""Production's settings, as `config.settings.prod` has them, for a server on loopback without TLS."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-benchmarks-on-loopback")
os.environ.setdefault("ALLOWED_HOSTS", "127.0.0.1")
os.environ.setdefault("CELERY_BROKER_URL", "memory://")
os.environ.setdefault("SECURE_SSL_REDIRECT", "false")

from config.settings.prod import *  # noqa: F403

# Production's addresses, and the bare view beside them.
ROOT_URLCONF = "bench.bare"
STATIC_ROOT = os.environ["BENCH_STATIC_ROOT"]
