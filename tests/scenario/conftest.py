"""The broken scenarios are read by their test, not collected as tests."""

from __future__ import annotations

collect_ignore_glob = ["broken/*"]
