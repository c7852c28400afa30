"""What all tests share: how hard hypothesis tries, and what must not leak.

`HYPOTHESIS_PROFILE=ci` runs 10,000 examples per property, as CI does; the default is quick.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", max_examples=60, **_UNTIMED)
settings.register_profile("ci", max_examples=10_000, derandomize=True, **_UNTIMED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

pytest_plugins = ["pytester"]
