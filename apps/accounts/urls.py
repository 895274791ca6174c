"""Addresses for people."""

from django.urls import path
from django.views.i18n import set_language

from apps.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", views.Logout.as_view(), name="logout"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("password/", views.PasswordReset.as_view(), name="password_reset"),
    path("password/sent/", views.PasswordResetSent.as_view(), name="password_reset_sent"),
    path("password/<uidb64>/<token>/", views.PasswordResetConfirm.as_view(), name="password_reset_confirm"),
    path("language/", set_language, name="language"),
    path("account/", views.account, name="account"),
    path("account/settings/", views.preferences, name="settings"),
    path("account/settings/quick/", views.preferences_quick, name="settings_quick"),
    path("account/name/", views.account_name, name="account_name"),
    path("account/password/", views.account_password, name="account_password"),
]
