from django.apps import AppConfig


class ConsensusConfig(AppConfig):
    name = "apps.consensus"
    default_auto_field = "django.db.models.BigAutoField"
