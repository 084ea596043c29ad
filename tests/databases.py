"""The database servers that the recorder's tests run on, when `--dburl` names one; scripts/databases starts them.

The test plugin makes and drops databases with packages that these tests do without, and talks to MariaDB through a
driver that has no wheels. Here any driver of SQLAlchemy's will do.
"""

from collections.abc import Generator
import os

from pytest_homeassistant_custom_component.patch_time import HAFakeDatetime
import sqlalchemy as sa

SERVERS = ("mysql", "mariadb", "postgresql")


def is_server(url: str) -> bool:
    """Return whether the address is that of a server, rather than SQLite's file or memory."""
    return sa.make_url(url).get_backend_name() in SERVERS


def fresh_database(url: str) -> Generator[str]:
    """Make an empty database of the address's name, yield its address, and drop it in the end, whatever it was before.

    Each process of a run in several has one of its own.
    """
    made = sa.make_url(url)
    name = f"{made.database}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    is_postgresql = made.get_backend_name() == "postgresql"
    if not is_postgresql:
        _know_frozen_time()
    drop = f"DROP DATABASE IF EXISTS {name}" + (" WITH (FORCE)" if is_postgresql else "")
    how = "ENCODING 'UTF8'" if is_postgresql else "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
    beside = made.set(database="postgres" if is_postgresql else "")
    _execute(beside, drop, f"CREATE DATABASE {name} {how}")
    yield made.set(database=name).render_as_string(hide_password=False)
    _execute(beside, drop)


def _execute(url: sa.URL, *statements: str) -> None:
    # PostgreSQL makes and drops no database within a transaction.
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


def _know_frozen_time() -> None:
    """Tell MariaDB's driver how a time is written while it is frozen: it goes by the very class, as SQLite's does."""
    from pymysql import converters  # type: ignore[import-untyped]

    for known in (converters.encoders, converters.conversions):
        known[HAFakeDatetime] = converters.escape_datetime
