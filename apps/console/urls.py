"""Addresses of the console: each area brings its own."""

from django.urls import URLPattern

from apps.console.views import (
    evaluation,
    events,
    golden,
    home,
    intake,
    intake_files,
    items,
    lineage,
    people,
    projects,
    quality,
    quality_labels,
    quality_measures,
    quality_people,
    quality_proposals,
    queue_known,
    queues,
    rollout,
    settings,
    settings_guidelines,
    settings_labels,
    training,
)

app_name = "console"
urlpatterns: list[URLPattern] = [
    *home.urlpatterns,
    *events.urlpatterns,
    *intake.urlpatterns,
    *intake_files.urlpatterns,
    *projects.urlpatterns,
    *golden.urlpatterns,
    *evaluation.urlpatterns,
    *rollout.urlpatterns,
    *lineage.urlpatterns,
    *queue_known.urlpatterns,
    *queues.urlpatterns,
    *items.urlpatterns,
    *quality.urlpatterns,
    *quality_labels.urlpatterns,
    *quality_measures.urlpatterns,
    *quality_people.urlpatterns,
    *quality_proposals.urlpatterns,
    *people.urlpatterns,
    *settings.urlpatterns,
    *settings_guidelines.urlpatterns,
    *settings_labels.urlpatterns,
    *training.urlpatterns,
]
