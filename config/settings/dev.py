"""One machine, embedded services, readable errors."""

from config.env import env_bool, env_list, env_str
from config.settings.base import *  # noqa: F403

SECRET_KEY = env_str("SECRET_KEY", "only-for-development-on-one-machine")
DEBUG = env_bool("DEBUG", False)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
# Without a collected manifest the files are served straight from static/.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
