"""The WSGI entry point."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

# New objects between two looks for circles among them: an answer makes some thousands, and few are circles.
COLLECT_AFTER = 50_000

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
application = get_wsgi_application()

# With its addresses loaded, nearly all that this process will ever hold is there: the collector need not look at it
# again and again.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
gc.set_threshold(COLLECT_AFTER)
