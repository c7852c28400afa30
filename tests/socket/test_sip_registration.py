"""A speaker registers at SIPp, which checks its password."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sip_bench import Outcome, Speaker, free_port, listens, sipp, speaker, until

from simulator.device.sip_account import SipAccount
from simulator.journal import Kind

pytestmark = [pytest.mark.asyncio, pytest.mark.peer("sipp")]


def account(one: Speaker) -> SipAccount:
    return next(a for a in one.service.accounts if a.id == "phone")


def status(one: Speaker) -> int:
    return one.service.accounts.status(account(one)).status


def register(one: Speaker, port: int, **more: Any) -> None:
    settings = {"Id": "phone", "UserId": "1001", "Password": "secret", "Registrar": f"127.0.0.1:{port}", **more}
    one.service.accounts.put({"PublicDomain": "example.com", **settings})


@asynccontextmanager
async def registrar(scenario: str, transport: str = "u1") -> AsyncIterator[tuple[int, asyncio.Task[Outcome]]]:
    """SIPp in the role of a registrar: its port, and how it ends."""
    port = free_port()
    task = asyncio.create_task(sipp(scenario, None, transport=transport, port=port))
    await until(lambda: listens(port, transport))
    try:
        yield port, task
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_an_account_registers_with_its_password_and_leaves_when_sip_ends(transport: str) -> None:
    async with speaker() as one, registrar("uas_registrar", transport[0] + "1") as (port, task):
        register(one, port, Transport=transport)
        await until(lambda: status(one) == 200)
        [told] = one.records(Kind.STATE, "sip registration")
        assert (told.data["status"], told.data["text"]) == (200, "OK")
        one.service.configure({"SIPEnabled": False})
        outcome = await task
        assert outcome.code == 0, outcome.text
        await until(lambda: "sip" not in one.bench.host(one.name).ports)
        registers = [r.data["text"] for r in one.records(Kind.MESSAGE, "sip") if r.data["method"] == "REGISTER"]
        assert len(registers) == 3
        assert all(text.startswith("REGISTER sip:") for text in registers)
        assert len({text.partition("Call-ID:")[2].partition("\r")[0] for text in registers}) == 1


async def test_a_removed_account_is_taken_back() -> None:
    async with speaker() as one, registrar("uas_registrar") as (port, task):
        register(one, port)
        await until(lambda: status(one) == 200)
        one.service.accounts.remove(["phone"])
        outcome = await task
        assert outcome.code == 0, outcome.text
        assert one.bench.host(one.name).ports["sip"] == 5060


async def test_a_wrong_password_is_told() -> None:
    async with speaker() as one, registrar("uas_unwilling_registrar") as (port, task):
        register(one, port, Password="wrong")
        await until(lambda: status(one) == 401)
        assert (await task).code == 0
        await asyncio.sleep(0)
        assert one.messages("out").count("REGISTER") == 2, "it does not try a password twice"


async def test_where_nobody_listens_the_secondary_registrar_takes_over() -> None:
    attempts = {"Attribute": [{"Name": "MaxRetransmissions", "Value": "2"}]}
    async with speaker(configuration=attempts) as one, registrar("uas_registrar") as (port, _task):
        nobody = free_port()
        register(one, nobody, SecondaryRegistrar=f"127.0.0.1:{port}", SecondaryPublicDomain="example.com")
        await until(lambda: status(one) == 200)
        to_primary = one.records(Kind.CONNECTION, "sip undeliverable")
        assert [r.data["peer"] for r in to_primary] == [f"127.0.0.1:{nobody}"] * 2


async def test_a_registrar_that_is_no_address_fails_the_account_and_nothing_else() -> None:
    async with speaker() as one:
        register(one, 5060, Registrar="no such host!", PublicDomain="")
        await until(lambda: status(one) == 503)
        assert (await sipp("uac_call", one.place)).code == 0


async def test_a_device_that_restarts_says_good_bye_and_registers_anew() -> None:
    async with speaker(clock="stepped") as one, registrar("uas_registrar") as (port, task):
        register(one, port)
        await until(lambda: status(one) == 200)
        one.device.lifecycle.restart("test")
        outcome = await task
        assert outcome.code == 0, outcome.text
        assert one.messages("out").count("REGISTER") == 3, "with Expires 0, and never again"
        async with registrar("uas_registrar") as (second, _task):
            register(one, second)
            await one.bench.advance(200)
            await until(lambda: status(one) == 200)
        ids = {r.data["call_id"] for r in one.records(Kind.MESSAGE, "sip") if r.data["method"] == "REGISTER"}
        assert len(ids) == 2
