"""People: who they are and whether they may come in. What they may do in a project is a membership."""

from typing import Any, ClassVar

import uuid6
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.models import UUIDModel


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """By address however it is capitalised, as `user_email_once` compares them."""
        return self.alias(address=Lower("email")).get(address=(username or "").strip().lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        fields |= {"is_superuser": True, "can_create_projects": True}
        return self.create_user(email, password, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, or a simulated one (`is_simulated`), who then never logs in."""

    id = models.UUIDField(primary_key=True, default=uuid6.uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)  # False: disabled, or invited and not yet here
    is_simulated = models.BooleanField(default=False)
    can_create_projects = models.BooleanField(default=False)
    disabled_at = models.DateTimeField(null=True, blank=True)  # null: never disabled since last enabled
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email


class Preferences(UUIDModel):
    """How a person likes to work. No row: everything as it comes."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class TextSize(models.TextChoices):
        NORMAL = "normal", _("Normal")
        LARGE = "large", _("Large")
        LARGER = "larger", _("Larger")

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preferences")
    keys = models.JSONField(default=dict, blank=True)  # {command: letter}, only what differs from `accounts.keys`
    answer_keys = models.CharField(max_length=30, blank=True)  # for the first answer, the second, …; empty: digits
    answer_keys_come_first = models.BooleanField(default=False)  # True: also before the keys that a config gives
    has_single_keys = models.BooleanField(default=True)  # False: only combinations act (WCAG 2.1.4)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.AUTO)
    text_size = models.CharField(max_length=8, choices=TextSize, default=TextSize.NORMAL)
    language = models.CharField(max_length=16, blank=True)  # empty: what the browser asks for
    time_zone = models.CharField(max_length=64, blank=True)  # as in the tz database; empty: the server's
    shift_from = models.TimeField(null=True, blank=True)  # by the clock of that zone; null: no working hours
    shift_to = models.TimeField(null=True, blank=True)  # not after `shift_from`: on the next day
    shift_days = models.CharField(max_length=7, blank=True)  # on which it begins: "1" is Monday, "7" Sunday
    daily_goal = models.PositiveIntegerField(null=True, blank=True)  # answers; null: none
    break_minutes = models.PositiveSmallIntegerField(null=True, blank=True)  # work before a break; null: no word of it

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(theme__in=["auto", "light", "dark"]), name="preferences_theme"),
            models.CheckConstraint(
                condition=models.Q(text_size__in=["normal", "large", "larger"]), name="preferences_text_size"
            ),
            models.CheckConstraint(
                condition=models.Q(daily_goal__isnull=True) | models.Q(daily_goal__gte=1), name="preferences_goal"
            ),
            models.CheckConstraint(
                condition=models.Q(break_minutes__isnull=True) | models.Q(break_minutes__gte=5),
                name="preferences_break",
            ),
            models.CheckConstraint(
                condition=models.Q(shift_from__isnull=True, shift_to__isnull=True, shift_days="")
                | models.Q(shift_from__isnull=False, shift_to__isnull=False, shift_days__regex=r"^[1-7]+$")
                & ~models.Q(shift_from=models.F("shift_to")),
                name="preferences_shift",
            ),
            models.CheckConstraint(
                condition=models.Q(answer_keys__regex=r"^(\S{2,})?$"), name="preferences_answer_keys"
            ),
        ]

    def __str__(self) -> str:
        return f"preferences of {self.user}"


class Invitation(UUIDModel):
    """A link that lets an invited person set a password. Memberships are given to the person when he is invited."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)  # SHA-256 of the token, which is shown once
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)  # null: not yet

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="invitation_expires_later"
            )
        ]

    def __str__(self) -> str:
        return f"invitation of {self.user}"
