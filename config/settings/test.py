"""For pytest: fast password hashing, tasks only on demand, files in a folder that the run throws away."""

from config.env import env_str
from config.settings.base import *  # noqa: F403

SECRET_KEY = "only-for-tests"  # noqa: S105
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL", "memory://")
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
