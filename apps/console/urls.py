"""Addresses of the console: each area brings its own."""

from django.urls import URLPattern

from apps.console.views import people, projects, settings, settings_guidelines, settings_labels

app_name = "console"
urlpatterns: list[URLPattern] = [
    *projects.urlpatterns,
    *people.urlpatterns,
    *settings.urlpatterns,
    *settings_guidelines.urlpatterns,
    *settings_labels.urlpatterns,
]
