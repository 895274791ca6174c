"""One machine, embedded services, readable errors."""

from config.embedded.home import checkout_home
from config.env import env_bool, env_list, env_str
from config.settings.base import *  # noqa: F403
from config.settings.base import database_from_url

SECRET_KEY = env_str("SECRET_KEY", "only-for-development-on-one-machine")
# The same addresses whether `make demo` runs or a single command starts the services for itself.
DATABASES = {"default": database_from_url(env_str("DATABASE_URL", checkout_home().database_url))}
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL", checkout_home().broker_url)
SAMPLE_PASSWORD = env_str("SAMPLE_PASSWORD", "touchstone-sample")
DEBUG = env_bool("DEBUG", False)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
# Without a collected manifest the files are served straight from static/.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
