"""Addresses of the console: each area brings its own."""

from django.urls import URLPattern

from apps.console.views import golden, people, projects, settings, settings_guidelines, settings_labels, training

app_name = "console"
urlpatterns: list[URLPattern] = [
    *projects.urlpatterns,
    *golden.urlpatterns,
    *people.urlpatterns,
    *settings.urlpatterns,
    *settings_guidelines.urlpatterns,
    *settings_labels.urlpatterns,
    *training.urlpatterns,
]
