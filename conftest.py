"""What all tests share: how hard hypothesis tries, and which programs the tests may ask for.

`HYPOTHESIS_PROFILE=nightly pytest -m fuzz` runs 10,000 examples per parser, `ci` as many as every change has time for; the
default is quick.
A test marked `peer("mosquitto")` is skipped where that program is absent, and fails there in CI, which sets
`AXSIM_REQUIRE_PEERS`.
"""

from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

_UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", max_examples=60, **_UNTIMED)
settings.register_profile("ci", max_examples=1_000, derandomize=True, **_UNTIMED)
settings.register_profile("nightly", max_examples=10_000, **_UNTIMED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

pytest_plugins = ["pytester"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("peer"):
        missing = [
            name for name in marker.args if shutil.which(name) is None and not os.path.exists(f"/usr/sbin/{name}")
        ]
        if missing and os.environ.get("AXSIM_REQUIRE_PEERS"):
            pytest.fail(f"CI must have {', '.join(missing)}")
        if missing:
            pytest.skip(f"needs {', '.join(missing)}")
