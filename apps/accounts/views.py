"""The doors for people: log in and out, invitation, password, own account."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import selectors, services
from apps.accounts.errors import InvitationOver, InvitationUnknown
from apps.accounts.forms import InvitationForm, LoginForm, NameForm, OwnPasswordForm, PreferencesForm, QuickForm
from apps.accounts.http import AuthedRequest
from apps.accounts.models import Invitation

# Where an accepted invitation's session comes from; with two backends Django wants it named.
BACKEND = "apps.accounts.backends.PersonBackend"


class Unprocessable:
    """A form view that answers 422 when the form does not fit, as every door does."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = 422
        return response


class Login(Unprocessable, auth_views.LoginView):
    form_class = LoginForm
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """The language that the person chose comes along to every browser; without a choice this browser's stays."""
        response = super().form_valid(form)
        if language := selectors.preferences_of(user=form.get_user()).language:
            speak(response, language)
        return response


class Logout(auth_views.LogoutView):
    http_method_names = ["post", "options"]


class PasswordReset(Unprocessable, auth_views.PasswordResetView):
    template_name = "accounts/password_reset.html"
    email_template_name = "accounts/password_reset_email.txt"
    subject_template_name = "accounts/password_reset_subject.txt"
    success_url = reverse_lazy("accounts:password_reset_sent")


class PasswordResetSent(auth_views.PasswordResetDoneView):
    template_name = "accounts/password_reset_sent.html"


class PasswordResetConfirm(Unprocessable, auth_views.PasswordResetConfirmView):
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:login")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your new password is set. Log in with it."))
        return super().form_valid(form)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if not self.validlink:
            kwargs["status"] = 410
        return super().render_to_response(context, **kwargs)


def speak(response: HttpResponse, language: str) -> None:
    """Let this browser ask for a language from now on; empty: for its own."""
    if not language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        httponly=True,
        secure=settings.LANGUAGE_COOKIE_SECURE,
    )


def locked_out(request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """What django-axes answers after too many wrong passwords for one address from one place."""
    return render(request, "accounts/locked.html", status=429)


def _invitation(token: str) -> Invitation:
    try:
        return selectors.invitation_by_token(token=token, now=timezone.now())
    except InvitationUnknown as exc:
        raise Http404 from exc


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        user = _invitation(token).user
        form = InvitationForm(user, request.POST or None, initial={"name": user.name})
        if not form.is_valid():
            status = 422 if request.method == "POST" else 200
            return render(request, "accounts/invitation.html", {"form": form, "person": user}, status=status)
        name, password = form.cleaned_data["name"], form.cleaned_data["new_password1"]
        user = services.invitation_accept(token=token, name=name, password=password, now=timezone.now())
    except InvitationOver as exc:
        return render(request, "accounts/invitation_over.html", {"error": exc}, status=410)
    login(request, user, backend=BACKEND)
    return redirect("home")


def _account_page(request: AuthedRequest, *, status: int = 200, **forms: BaseForm) -> HttpResponse:
    context = {
        "name_form": NameForm(initial={"name": request.user.name}),
        "password_form": OwnPasswordForm(request.user),
    }
    return render(request, "accounts/account.html", context | forms, status=status)


@login_required
@require_http_methods(["GET"])
def account(request: AuthedRequest) -> HttpResponse:
    return _account_page(request)


@login_required
@require_POST
def account_name(request: AuthedRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _account_page(request, status=422, name_form=form)
    services.user_rename(user=request.user, name=form.cleaned_data["name"])
    messages.success(request, _("Your name is changed."))
    return redirect("accounts:account")


@sensitive_post_parameters()
@login_required
@require_POST
def account_password(request: AuthedRequest) -> HttpResponse:
    form = OwnPasswordForm(request.user, request.POST)
    if not form.is_valid():
        return _account_page(request, status=422, password_form=form)
    update_session_auth_hash(request, form.save())
    messages.success(request, _("Your password is changed. Your other sessions are logged out."))
    return redirect("accounts:account")


@login_required
@require_http_methods(["GET", "POST"])
def preferences(request: AuthedRequest) -> HttpResponse:
    """How one likes to work: keys, looks, pace."""
    kept = selectors.preferences_of(user=request.user)
    form = PreferencesForm(request.POST if request.method == "POST" else None, instance=kept)
    if not form.is_valid():
        return render(request, "accounts/settings.html", {"form": form}, status=422 if form.is_bound else 200)
    chosen = {name: form.cleaned_data[name] for name in form.Meta.fields if name in form.cleaned_data}
    saved = services.preferences_set(user=request.user, keys=form.keys(), **chosen)
    messages.success(request, _("Your settings are saved."))
    response = redirect("accounts:settings")
    speak(response, saved.language)
    return response


@login_required
@require_POST
def preferences_quick(request: AuthedRequest) -> HttpResponse:
    """The switches that stand on every page. 422: neither is named."""
    form = QuickForm(request.POST)
    if not form.is_valid() or not any(form.cleaned_data.values()):
        return HttpResponse(status=422)
    chosen: dict[str, Any] = {}
    if form.cleaned_data["theme"]:
        chosen["theme"] = form.cleaned_data["theme"]
    if form.cleaned_data["single_keys"]:
        chosen["has_single_keys"] = form.cleaned_data["single_keys"] == "on"
    services.preferences_set(user=request.user, **chosen)
    return HttpResponse(status=204)
