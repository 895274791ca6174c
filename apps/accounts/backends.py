"""Who a session belongs to."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from apps.accounts.models import User


class PersonBackend(ModelBackend):
    """Django's own, except that a person comes with the preferences that every page asks for: one statement."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("preferences").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
