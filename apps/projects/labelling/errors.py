"""What can be wrong with a labelling config, with a change of it, or with the mapping from a trace."""

from apps.core.errors import InvalidInput


class ConfigError(InvalidInput):
    """A labelling config is refused. Names the tag at fault and its line, counted from 1."""

    code = "config_invalid"

    def __init__(self, message: str, *, tag: str, line: int) -> None:
        super().__init__(f"<{tag}>, line {line}: {message}", field="config")
        self.reason = message
        self.tag = tag
        self.line = line


class SchemaChangeRefused(InvalidInput):
    """A new config would leave old answers without a meaning. `missing` names what needs a new label."""

    code = "schema_change_refused"

    def __init__(self, message: str, *, missing: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message, field="label_map")
        self.missing = missing


class MappingError(InvalidInput):
    """The mapping from a trace to the config's variables is wrong, or finds nothing. Names the variable."""

    code = "mapping_invalid"

    def __init__(self, message: str, *, variable: str) -> None:
        super().__init__(message, field=f"mapping.{variable}" if variable else "mapping")
        self.variable = variable
