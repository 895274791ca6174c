"""What a Label Studio labelling config means, without Django: parse, compare, map a trace onto it."""

from apps.projects.labelling.changes import LabelMap, map_result, region_target, schema_diff
from apps.projects.labelling.conditions import Given, is_asked
from apps.projects.labelling.errors import ConfigError, MappingError, SchemaChangeRefused
from apps.projects.labelling.items import config_for
from apps.projects.labelling.mapping import check_mapping, data_from_trace
from apps.projects.labelling.model import Condition, Control, DataObject, Kind, Label, LabellingConfig, Node
from apps.projects.labelling.parser import config_of, parse_config, parse_copy, unsupported_tags
from apps.projects.labelling.values import resolve, shown_value

__all__ = [
    "Condition",
    "ConfigError",
    "Control",
    "DataObject",
    "Given",
    "Kind",
    "Label",
    "LabelMap",
    "LabellingConfig",
    "MappingError",
    "Node",
    "SchemaChangeRefused",
    "check_mapping",
    "config_for",
    "config_of",
    "data_from_trace",
    "is_asked",
    "map_result",
    "parse_config",
    "parse_copy",
    "region_target",
    "resolve",
    "schema_diff",
    "shown_value",
    "unsupported_tags",
]
