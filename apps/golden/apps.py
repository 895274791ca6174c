from django.apps import AppConfig


class GoldenConfig(AppConfig):
    name = "apps.golden"
    default_auto_field = "django.db.models.BigAutoField"
