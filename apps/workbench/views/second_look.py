"""After an own answer: the model's guess beside it, and the form to keep or change the answer."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from apps.accounts.http import AuthedRequest
from apps.core.errors import Conflict
from apps.labeling.models import Annotation
from apps.labeling.suggestions import suggestion_seen
from apps.labeling.widgets import answer_words
from apps.projects.labelling import config_of
from apps.queues.models import Queue, Review
from apps.workbench.forms import RevisionForm
from apps.workbench.guards import review_page
from apps.workbench.services_second_look import second_look_decide
from apps.workbench.views import cards
from apps.workbench.views.review import next_card


@require_POST
@review_page
def second_look(request: AuthedRequest, queue: Queue, review: Review) -> HttpResponse:
    """Keeps or changes the answer and brings the next item. 422: the change does not fit."""
    now = timezone.now()
    result = None
    if "keep" not in request.POST:
        form = RevisionForm(request.POST, config=config_of(review.item.schema), data=review.item.data)
        if not form.is_valid():
            return _refused(request, queue, review, form)
        result = form.cleaned_data["result"]
    try:
        made = second_look_decide(review_id=review.pk, reviewer=request.user, result=result, now=now)
    except Conflict as exc:
        if not request.htmx:
            return redirect("workbench:queue", queue.pk)
        response = cards.show(request, queue, next_card(request, queue), now=now)
        return trigger_client_event(response, "toast", {"text": exc.message, "level": "warn"})
    said = (
        _("kept")
        if made.assistance == Annotation.Assistance.NONE
        else answer_words(config_of(made.schema), made.result)
    )
    return cards.show(request, queue, next_card(request, queue), now=now, answered=said)


def _refused(request: AuthedRequest, queue: Queue, review: Review, form: RevisionForm) -> HttpResponse:
    seen = suggestion_seen(review=review)
    mine = Annotation.objects.filter(review=review, status=Annotation.Status.CURRENT).select_related("schema").first()
    if seen is None or mine is None:
        return cards.show(request, queue, next_card(request, queue), now=timezone.now())
    mine.item, mine.review = review.item, review
    return cards.show(request, queue, cards.second_look_card(seen, mine, form=form), now=timezone.now(), status=422)
