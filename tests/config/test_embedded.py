"""The embedded services really start, keep data, and end."""

import psycopg

from config.embedded import embedded_postgres, temporary_home


def test_embedded_postgres_keeps_rows_across_a_restart():
    with temporary_home() as home:
        with embedded_postgres(home) as url, psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        with embedded_postgres(home) as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
