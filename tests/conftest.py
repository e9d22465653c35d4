"""What tests share: how hypothesis searches, a browser and database servers where they are needed."""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from xdist.scheduler import LoadGroupScheduling

from tests import database_servers

# No deadline and no complaint about slow generation: two busy cores say nothing about the code.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# In CI the same examples are drawn every time, so that a red run can be repeated.
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
# A mutant is judged once, by the same examples as the next; making a failing one small is no use.
settings.register_profile(
    "mutants", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate], database=None
)
usual = "ci" if os.environ.get("CI") else "local"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", usual))
# Run in a process of its own: Django wants its settings before anything of it is looked at.
collect_ignore = ["openid_provider.py"]


def pytest_configure(config: pytest.Config) -> None:
    """Have processes side by side reckon on one thread each: on more, they wait for each other.

    Notebooks and `test_same_figures` start processes with more.
    """
    if config.getoption("numprocesses", None):
        for name in ("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
            os.environ.setdefault(name, "1")


class Files(LoadGroupScheduling):
    """Gives a process all tests of a file, or of a group, so that what they share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        return str(super()._split_scope(nodeid)).partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Files:
    """Share the tests out by `Files`."""
    return Files(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests of one group to one process: xdist 3.8 names it where pytest 9.2 looks no more.

    Groups stand before files, as they take longest, and small files last, lest one process runs the
    last long ones while the other waits.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        sizes = Counter(item.path for item in items)
        items.sort(key=lambda item: (not grouped(item), -sizes[item.path]))
    for item in items:
        if (named := getattr(item, "_nodeid", item.nodeid)) != item.nodeid:
            from _pytest.nodeid import coerce_node_id

            item._id = coerce_node_id(named)


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what stays to the end: modules, tests and what they share.

    To walk through all of it again and again takes a ninth of the time of tests that reckon in Python.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def grouped(item: pytest.Item) -> bool:
    """Whether a test is of a group."""
    return item.get_closest_marker("xdist_group") is not None


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium of the tests of one file."""
    from tests.dashboard import started_browser

    with started_browser() as started:
        yield started


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A dashboard on the synthetic data for all tests of a process that only look at it."""
    from tests.dashboard import built, serve

    with serve(built(tmp_path_factory), tmp_path_factory.mktemp("server")) as running:
        yield running
        # Whatever the pages made the server do, it asked nothing of another host and did not break.
        assert not running.outside.exists(), running.outside.read_text("utf-8")
        log = running.log.read_text("utf-8")
        assert "Traceback" not in log, log[-3000:]


@pytest.fixture(scope="session")
def postgres() -> Iterator[database_servers.Server]:
    """One PostgreSQL for all tests that need it: those are of the group "databases"."""
    if not all(map(database_servers.program, ("initdb", "pg_ctl", "psql"))):
        pytest.skip("PostgreSQL is not here; `make databases` installs it")
    with database_servers.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[database_servers.Server]:
    """One MariaDB for all tests that need it: those are of the group "databases"."""
    if not all(map(database_servers.program, ("mariadb-install-db", "mariadbd", "mariadb"))):
        pytest.skip("MariaDB is not here; `make databases` installs it")
    with database_servers.mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark on two cores for all tests that need it: those are of the group "spark"."""
    if database_servers.program("java") is None:
        if os.environ.get("CI"):
            pytest.fail("Java is not here; `make databases` installs it")
        pytest.skip("Java is not here; `make databases` installs it")
    with database_servers.spark() as session:
        yield session
