"""Addresses of the workbench, under `/review/` and `/adjudicate/`."""

from django.urls import path

from apps.workbench.views import adjudicate, answers, batch, panels, review, revise, second_look, threads

app_name = "workbench"

urlpatterns = [
    path("review/", review.home, name="home"),
    path("review/questions/", threads.mine, name="questions"),
    path("review/questions/seen/", threads.seen, name="questions_seen"),
    path("review/questions/<uuid:thread_id>/", threads.ask_on, name="ask_on"),
    path("adjudicate/questions/", threads.waiting, name="questions_waiting"),
    path("adjudicate/questions/<uuid:thread_id>/", threads.reply, name="reply"),
    path("review/<uuid:queue_id>/", review.queue, name="queue"),
    path("review/<uuid:queue_id>/claim/", review.claim, name="claim"),
    path("review/<uuid:queue_id>/undo/", answers.undo, name="undo"),
    path("review/<uuid:queue_id>/tally/", review.tally, name="tally"),
    path("review/<uuid:queue_id>/news/", review.news, name="news"),
    path("review/<uuid:queue_id>/guideline/", panels.guideline, name="guideline"),
    path("review/<uuid:queue_id>/guideline/read/", panels.guideline_mark, name="guideline_read"),
    path("review/<uuid:queue_id>/notices/", panels.notices, name="notices"),
    path("review/<uuid:queue_id>/history/", panels.history, name="history"),
    path("review/<uuid:queue_id>/answers/<uuid:annotation_id>/", revise.revise, name="revise"),
    path("review/<uuid:queue_id>/answers/<uuid:annotation_id>/draft/", revise.draft, name="revise_draft"),
    path("review/<uuid:queue_id>/<uuid:review_id>/ask/", panels.ask, name="ask"),
    path("review/<uuid:queue_id>/<uuid:review_id>/answer/", answers.answer, name="answer"),
    path("review/<uuid:queue_id>/grid/", batch.batch, name="batch"),
    path("review/<uuid:queue_id>/grid/more/", batch.batch_take, name="batch_take"),
    path("review/<uuid:queue_id>/grid/undo/", batch.batch_undo, name="batch_undo"),
    path("review/<uuid:queue_id>/<uuid:review_id>/grid/", batch.batch_answer, name="batch_answer"),
    path("review/<uuid:queue_id>/<uuid:review_id>/second-look/", second_look.second_look, name="second_look"),
    path("review/<uuid:queue_id>/<uuid:review_id>/draft/", answers.draft, name="draft"),
    path("review/<uuid:queue_id>/<uuid:review_id>/skip/", answers.skip, name="skip"),
    path("review/<uuid:queue_id>/<uuid:review_id>/escalate/", answers.escalate, name="escalate"),
    path("review/<uuid:queue_id>/<uuid:review_id>/leave/", answers.leave, name="leave"),
    path("review/<uuid:queue_id>/<uuid:review_id>/back/", answers.back, name="back"),
    path("adjudicate/<uuid:queue_id>/", adjudicate.page, name="adjudicate"),
    path("adjudicate/<uuid:queue_id>/undo/", adjudicate.undo, name="adjudicate_undo"),
    path("adjudicate/<uuid:queue_id>/tally/", adjudicate.tally, name="adjudicate_tally"),
    path("adjudicate/<uuid:queue_id>/history/", panels.decisions, name="decisions"),
    path("adjudicate/<uuid:queue_id>/<uuid:item_id>/decide/", adjudicate.decide, name="decide"),
    path("adjudicate/<uuid:queue_id>/<uuid:item_id>/draft/", adjudicate.draft, name="adjudicate_draft"),
]
