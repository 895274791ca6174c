"""The JSON doors of the intake floor that make no items: polling an escalation, the list of adversarial users."""

from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.openapi import problems
from apps.core.parsing import body_object
from apps.intake import selectors, services
from apps.intake.answers import EscalationOut, escalation_body, escalation_headers
from apps.intake.shapes import AdversarialUserIn, read_shape
from apps.projects.authentication import HasScope, key_of, project_of


class EscalationState(APIView):
    """Poll an escalation. While it is "waiting", `Retry-After` says in how many seconds to ask again.

    With `If-None-Match` an unchanged escalation is 304.
    """

    permission_classes = [HasScope.of("read")]

    @extend_schema(
        operation_id="escalation_get",
        tags=["escalations"],
        parameters=[
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The ETag of the last answer.")
        ],
        responses={200: EscalationOut, 304: None, **problems(401, 403, 404)},
        summary="Poll for the human answer",
    )
    def get(self, request: Request, escalation_id: UUID) -> Response:
        escalation = selectors.escalation_by_id(project=project_of(request), escalation_id=escalation_id)
        if escalation is None:
            raise Http404
        now = timezone.now()
        body = escalation_body(escalation, now=now)
        headers = escalation_headers(escalation, body, now=now)
        if headers["ETag"] in request.headers.get("If-None-Match", ""):
            return Response(status=304, headers=headers)
        return Response(body, headers=headers)


class AdversarialUsers(APIView):
    """Put a pseudonym on the list of those whose feedback never trains. Repeating it changes nothing."""

    permission_classes = [HasScope.of("manage")]

    @extend_schema(
        operation_id="adversarial_user_add",
        tags=["signals"],
        request=AdversarialUserIn,
        responses={204: None, **problems(400, 401, 403, 411, 413, 415, 422)},
        summary="List an adversarial user",
    )
    def post(self, request: Request) -> Response:
        shape = read_shape(AdversarialUserIn, body_object(request))
        services.adversarial_user_add(
            project=project_of(request),
            user_ref=shape.user_ref,
            reason=shape.reason,
            api_key=key_of(request),
            now=timezone.now(),
        )
        return Response(status=204)


class AdversarialUser(APIView):
    """Take a pseudonym off the list."""

    permission_classes = [HasScope.of("manage")]

    @extend_schema(
        operation_id="adversarial_user_remove",
        tags=["signals"],
        responses={204: None, **problems(401, 403, 404)},
        summary="Unlist an adversarial user",
    )
    def delete(self, request: Request, user_ref: str) -> Response:
        if not services.adversarial_user_remove(
            project=project_of(request), user_ref=user_ref, api_key=key_of(request), now=timezone.now()
        ):
            raise Http404
        return Response(status=204)
