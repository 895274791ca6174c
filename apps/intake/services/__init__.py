"""Writes of the intake floor."""

from apps.intake.services.adversaries import adversarial_user_add, adversarial_user_remove
from apps.intake.services.escalations import (
    EscalationReceipt,
    escalation_answer,
    escalation_create,
    escalation_reopen,
    escalation_unanswerable,
    is_given_out,
)
from apps.intake.services.idempotency import StoredAnswer, answer_once, responses_forget
from apps.intake.services.predictions import predictions_store
from apps.intake.services.signals import SignalReceipt, signal_ingest
from apps.intake.services.traces import CREATED, REFUSED, REPEATED, RowVerdict, trace_ingest
from apps.intake.services.uploads import (
    upload_advance,
    upload_confirm,
    upload_create,
    upload_discard,
    upload_fail,
    upload_hold,
    upload_map,
    upload_rows,
    uploads_forget,
)

__all__ = [
    "CREATED",
    "REFUSED",
    "REPEATED",
    "EscalationReceipt",
    "RowVerdict",
    "SignalReceipt",
    "StoredAnswer",
    "adversarial_user_add",
    "adversarial_user_remove",
    "answer_once",
    "escalation_answer",
    "escalation_create",
    "escalation_reopen",
    "escalation_unanswerable",
    "is_given_out",
    "predictions_store",
    "responses_forget",
    "signal_ingest",
    "trace_ingest",
    "upload_advance",
    "upload_confirm",
    "upload_create",
    "upload_discard",
    "upload_fail",
    "upload_hold",
    "upload_map",
    "upload_rows",
    "uploads_forget",
]
