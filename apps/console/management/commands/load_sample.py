"""`manage.py load_sample`: the sample project and people to look at it as. A second run changes nothing."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.accounts.models import User
from apps.console.sample_loader import LOGINS, sample_load, sample_model
from apps.projects.models import Project


class Command(BaseCommand):
    help = "Load the sample project: made-up messages with simulated answers, marked as such."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--password", default=settings.SAMPLE_PASSWORD, help="of the sample's people; or set SAMPLE_PASSWORD"
        )

    def handle(self, *args: Any, password: str, **options: Any) -> None:
        if not password:
            raise CommandError("Set SAMPLE_PASSWORD (or give --password): the sample's people log in with it.")
        if not Project.objects.filter(is_sample=True).exists():
            self.stderr.write("Loading the sample project; the first time that takes about a minute.")
        project = sample_load(password=password, now=timezone.now())
        self._model(project)
        self.stdout.write(f"Sample project: {project.name}. Log in as one of")
        for email, name, _ in LOGINS:
            self.stdout.write(f"  {email:<26} {name.lower():<16} password: {_password_words(email, password)}")

    def _model(self, project: Project) -> None:
        try:
            sample_model(project=project)
        except Exception as exc:
            self.stderr.write(f"The sample has no model: {exc} Train one in the console under Training.")


def _password_words(email: str, password: str) -> str:
    user = User.objects.filter(email=email).first()
    return password if user is not None and user.check_password(password) else "changed since"
