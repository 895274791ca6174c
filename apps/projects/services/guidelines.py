"""Guidelines: every save is a new version."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core import figures
from apps.core.errors import Conflict, InvalidInput
from apps.core.typed import typed
from apps.events.services import event_record
from apps.projects import selectors
from apps.projects.models import Guideline, Project
from apps.projects.services._versions import project_lock

MAX_TEXT = 100_000


@transaction.atomic
def guideline_publish(*, project: Project, text: str, by: User, now: datetime) -> Guideline:
    """The next version, in Markdown. Annotations name the version that was in force.

    Raises:
        InvalidInput: longer than 100,000 characters.
        Conflict: the text is that of the current version.
    """
    text = typed(text.replace("\r\n", "\n"))
    if len(text) > MAX_TEXT:
        raise InvalidInput(
            _("The guideline is longer than %(max_text)s characters.") % {"max_text": figures.number(MAX_TEXT, 0)},
            field="text",
        )
    project = project_lock(project)
    current = selectors.guideline_current(project=project)
    if current is not None and current.text == text:
        raise Conflict(_("Nothing changed since version %(version)s.") % {"version": current.version}, field="text")
    version = current.version + 1 if current else 1
    guideline = Guideline.objects.create(project=project, version=version, text=text, created_by=by, created_at=now)
    payload = {"version": version, "characters": len(text)}
    event_record(verb="guideline.published", obj=guideline, project_id=project.pk, actor=by, payload=payload, at=now)
    return guideline
