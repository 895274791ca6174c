"""Numbering of immutable versions."""

from apps.projects.models import Project


def project_lock(project: Project) -> Project:
    """Hold the project's row: two writers must not take the same version number, nor both drop the last manager."""
    return Project.objects.select_for_update().get(pk=project.pk)
