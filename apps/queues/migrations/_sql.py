"""The SQL beside the migrations, and the functions in it, for a migration that takes the place of one."""

from pathlib import Path


def sql(name: str) -> str:
    """A file's whole text."""
    return (Path(__file__).parent / "sql" / name).read_text()


def function_of(name: str, text: str) -> str:
    """A PL/pgSQL function as an earlier migration made it, to put it back."""
    body = text.partition(f"FUNCTION {name}(")[2].partition("END $$;")[0]
    return f"CREATE OR REPLACE FUNCTION {name}({body}END $$;"
