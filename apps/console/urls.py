"""Addresses of the console: each area brings its own."""

from django.urls import URLPattern

from apps.console.views import (
    evaluation,
    golden,
    intake,
    intake_files,
    items,
    lineage,
    people,
    projects,
    queues,
    rollout,
    settings,
    settings_guidelines,
    settings_labels,
    training,
)

app_name = "console"
urlpatterns: list[URLPattern] = [
    *intake.urlpatterns,
    *intake_files.urlpatterns,
    *projects.urlpatterns,
    *golden.urlpatterns,
    *evaluation.urlpatterns,
    *rollout.urlpatterns,
    *lineage.urlpatterns,
    *queues.urlpatterns,
    *items.urlpatterns,
    *people.urlpatterns,
    *settings.urlpatterns,
    *settings_guidelines.urlpatterns,
    *settings_labels.urlpatterns,
    *training.urlpatterns,
]
