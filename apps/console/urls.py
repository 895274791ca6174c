"""Addresses of the console: each area brings its own."""

from django.urls import URLPattern

app_name = "console"
urlpatterns: list[URLPattern] = []
