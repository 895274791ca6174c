"""Settings shared by every way to run. Importing them does no I/O beyond reading the environment."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from config.env import env_int, env_list, env_str

BASE_DIR = Path(__file__).resolve().parent.parent.parent


def database_from_url(url: str) -> dict[str, Any]:
    """Django's database dictionary for a `postgres://user:password@host:port/name` URL.

    A Unix socket folder may stand in the query: `postgres:///name?host=/run/postgresql`.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    threshold = query.pop("prepare_threshold", "3")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or query.pop("user", "")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.pop("host", "") or parts.hostname or ""),
        "PORT": str(query.pop("port", "") or parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # `apps.core.statements` prepares what is asked again and again. Behind a pooler that hands each transaction
        # another connection, `?prepare_threshold=` (empty) in the URL switches that off.
        "OPTIONS": {**query, "prepare_threshold": int(threshold) if threshold else None},
    }


SECRET_KEY = ""
DEBUG = False
ALLOWED_HOSTS: list[str] = []
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "csp",
    "pgtrigger",
    "apps.core",
    "apps.accounts",
    "apps.events",
    "apps.projects",
    "apps.intake",
    "apps.queues",
    "apps.labeling",
    "apps.consensus",
    "apps.golden",
    "apps.training",
    "apps.evaluation",
    "apps.rollout",
    "apps.workbench",
    "apps.console",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Safe from BREACH, which needs a secret in the page and a length to watch: the CSRF token is masked anew in each
    # answer, and this middleware adds up to 100 random bytes to it.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.accounts.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.own_time_zone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.console.context.switch_projects",
            ],
        },
    }
]

DATABASES = {"default": database_from_url(env_str("DATABASE_URL", "postgres:///touchstone"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "apps.accounts.backends.PersonBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_CALLABLE = "apps.accounts.views.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "username"

LANGUAGE_CODE = "en"
# English, and what has a catalogue under locale/; without this list a page would be half in any language of Django's.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
FORMAT_MODULE_PATH = ["config.formats"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / ".static"

# Model adapters, heads, exports: files named by their hash.
ARTIFACT_ROOT = Path(env_str("ARTIFACT_ROOT", str(BASE_DIR / ".data" / "artifacts")))
# Embeddings of frozen bases; may be deleted at any time.
EMBEDDING_CACHE_ROOT = Path(env_str("EMBEDDING_CACHE_ROOT", str(BASE_DIR / ".data" / "embeddings")))
TRAINER_THREADS = env_int("TRAINER_THREADS", 2)

# Of the people that `load_sample` makes; without it the command refuses, so that no known password opens a real house.
SAMPLE_PASSWORD = env_str("SAMPLE_PASSWORD", "")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.projects.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.core.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Touchstone API",
    "DESCRIPTION": "Log model outputs and feedback, submit escalations, poll for the human answer.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "TAGS": [
        {"name": "traces", "description": "Model outputs with their context, and the labels that people gave them."},
        {"name": "signals", "description": "Feedback on traces, and whose feedback never trains."},
        {"name": "escalations", "description": "Requests for a human answer."},
        {"name": "labels", "description": "What people decided."},
    ],
}

CELERY_BROKER_URL = env_str("CELERY_BROKER_URL", "redis://127.0.0.1:6379/0")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "apps.training.tasks.*": {"queue": "training"},
    "apps.evaluation.tasks.*": {"queue": "training"},
    "apps.rollout.tasks.*": {"queue": "training"},
    "apps.core.tasks.*": {"queue": "default"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A worker that is told to stop gives its task so many seconds, then hands it back to the broker.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3.0
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "intake-tidy": {"task": "apps.intake.tasks.intake_tidy", "schedule": 3600},
    "imports-resume": {"task": "apps.queues.tasks.imports_resume", "schedule": 30, "options": {"expires": 30}},
    "asked-end": {"task": "apps.queues.tasks.asked_end", "schedule": 30, "options": {"expires": 30}},
    "leases-expire": {"task": "apps.queues.tasks.leases_expire", "schedule": 30, "options": {"expires": 30}},
    "disputes-judge": {"task": "apps.consensus.tasks.disputes_judge", "schedule": 30, "options": {"expires": 30}},
    "labels-allot-all": {"task": "apps.consensus.tasks.labels_allot_all", "schedule": 30, "options": {"expires": 30}},
    "quality-fit-all": {"task": "apps.consensus.tasks.quality_fit_all", "schedule": 3600},
    "exclusions-resume": {
        "task": "apps.workbench.tasks.exclusions_resume",
        "schedule": 60,
        "options": {"expires": 60},
    },
    # Every hour, so that a day on which beat was down at midnight has its figures too; once a day for each person.
    "agreement-days": {"task": "apps.workbench.tasks.agreement_days_update", "schedule": 3600},
    "training-runs-reap": {
        "task": "apps.training.tasks.training_runs_reap",
        "schedule": 5,
        # Not the training queue: its worker may be busy for an hour, or be the dead one.
        "options": {"queue": "default", "expires": 30},
    },
    "evaluation-runs-reap": {
        "task": "apps.evaluation.tasks.evaluation_runs_reap",
        "schedule": 10,
        "options": {"queue": "default", "expires": 30},
    },
    "rescoring-arrivals": {
        "task": "apps.rollout.tasks.rescoring_arrivals",
        "schedule": 60,
        "options": {"queue": "default", "expires": 60},
    },
    "rescoring-runs-reap": {
        "task": "apps.rollout.tasks.rescoring_runs_reap",
        "schedule": 10,
        "options": {"queue": "default", "expires": 30},
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "https:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

EMAIL_BACKEND = env_str("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "touchstone@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": env_str("LOG_LEVEL", "WARNING")},
}
