import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

# On a busy machine the first example of a property test may take long.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def engines() -> Iterator[ModuleType]:
    """The module of small engines, which processes that a test starts can import as well."""
    folder = str(Path(__file__).parent / "engines")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", folder)
        yield importlib.import_module("small_engine")
