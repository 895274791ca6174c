"""From a trace to the variables of a config, by one JMESPath expression for each variable."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jmespath
from django.utils.translation import gettext as _
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from apps.projects.labelling.errors import MappingError
from apps.projects.labelling.model import LabellingConfig

MAX_EXPRESSION = 500


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> ParsedResult:
    return jmespath.compile(expression)


def _compile(variable: str, expression: Any) -> ParsedResult:
    if not isinstance(expression, str) or not expression.strip():
        raise MappingError(_("$%(variable)s has no expression.") % {"variable": variable}, variable=variable)
    if len(expression) > MAX_EXPRESSION:
        message = _("The expression for $%(variable)s is longer than %(max_expression)s characters.") % {
            "variable": variable,
            "max_expression": MAX_EXPRESSION,
        }
        raise MappingError(message, variable=variable)
    try:
        return _compiled(expression)
    except (JMESPathError, ValueError, RecursionError) as exc:
        problem = str(exc).split("\n")[0]
        raise MappingError(
            _("The expression for $%(variable)s is not JMESPath: %(problem)s")
            % {"variable": variable, "problem": problem},
            variable=variable,
        ) from exc


def check_mapping(config: LabellingConfig, mapping: Mapping[str, str]) -> None:
    """Refuse a mapping that leaves a variable out, names one too many, or holds a bad expression."""
    for variable in config.variables:
        if variable not in mapping:
            raise MappingError(
                _("$%(variable)s is used in the config but has no expression.") % {"variable": variable},
                variable=variable,
            )
    for variable, expression in mapping.items():
        if variable not in config.variables:
            raise MappingError(
                _("$%(variable)s is not used in the config.") % {"variable": variable}, variable=variable
            )
        _compile(variable, expression)


def data_from_trace(mapping: Mapping[str, str], trace: Mapping[str, Any]) -> dict[str, Any]:
    """What an item shows: each variable's value in the trace.

    Raises:
        MappingError: a bad expression, or one that finds nothing (null) in this trace; names the variable.
    """
    return {variable: _value(variable, expression, trace) for variable, expression in mapping.items()}


def _value(variable: str, expression: str, trace: Mapping[str, Any]) -> Any:
    parsed = _compile(variable, expression)
    try:
        value = parsed.search(trace)
    except (JMESPathError, ValueError, TypeError, RecursionError) as exc:
        problem = str(exc).split("\n")[0]
        raise MappingError(
            _("The expression for $%(variable)s fails on this trace: %(problem)s")
            % {"variable": variable, "problem": problem},
            variable=variable,
        ) from exc
    if value is None:
        message = _('$%(variable)s finds nothing in this trace: "%(expression)s" is missing or null.') % {
            "variable": variable,
            "expression": expression,
        }
        raise MappingError(message, variable=variable)
    return value
