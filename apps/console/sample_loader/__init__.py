"""The sample project, loaded through the services that pages and clients use. Everything in it is marked as made up."""

from apps.console.sample_loader.first_model import sample_model
from apps.console.sample_loader.loading import sample_load
from apps.console.sample_loader.people import LOGINS

__all__ = ["LOGINS", "sample_load", "sample_model"]
