"""The probe of the machine."""

from __future__ import annotations

import json
import os
import resource
import socket

import pytest

from simulator.errors import MissingCapability
from simulator.net.capability import probe, raise_file_limit


def test_the_probe_tells_the_truth_about_low_ports() -> None:
    found = probe()
    with socket.socket() as sock:
        try:
            sock.bind(("127.77.1.2", 81))
        except PermissionError:
            assert not found.low_ports
        else:
            assert found.low_ports


def test_the_report_is_plain_json_and_few_lines() -> None:
    found = probe()
    assert json.loads(json.dumps(found.as_dict()))["user"] == os.getuid()
    assert len(found.lines()) == 3
    assert all(len(line) < 160 for line in found.lines())


def test_the_probe_leaves_no_file_open() -> None:
    before = os.listdir("/proc/self/fd")
    probe()
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_missing_capability_is_named() -> None:
    found = probe()
    missing = next((name for name, value in found.as_dict().items() if value is False), None)
    if missing is None:
        pytest.skip("this machine has everything")
    with pytest.raises(MissingCapability) as caught:
        found.require(missing, "a test")
    assert caught.value.capability == missing


def test_the_soft_file_limit_is_raised_to_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    try:
        assert raise_file_limit() == hard
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
