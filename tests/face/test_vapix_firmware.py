"""firmwaremanagement.cgi: every method, the five ways clients upload, and the recorded refusals."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import ROOT, Desk, credentials

from simulator.face.exchange import Admission, Answer, Held, Request
from simulator.wire.firmware_image import ImageProduct, build_image

PATH = "/axis-cgi/firmwaremanagement.cgi"
NEWER = "12.10.5"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def image(desk: Desk, version: str = NEWER, fault: str = "none") -> bytes:
    product = desk.device.profile.product
    return build_image(
        product=ImageProduct(product.prod_nbr, product.hardware_id, product.prod_type),
        version=version,
        fault=fault,
    )


def multipart(*fields: tuple[str, bytes, str | None, str | None]) -> tuple[str, bytes]:
    """Name, content, media type and file name of each part, written by hand as the clients' libraries do."""
    lines = b""
    for name, data, media_type, filename in fields:
        extra = f'; filename="{filename}"' if filename else ""
        lines += f'--bnd\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n'.encode()
        lines += f"Content-Type: {media_type}\r\n".encode() if media_type else b""
        lines += b"\r\n" + data + b"\r\n"
    return "multipart/form-data; boundary=bnd", lines + b"--bnd--\r\n"


def request(**params: str) -> bytes:
    return json.dumps({"apiVersion": "1.0", "context": "c", "method": "upgrade", "params": params}).encode()


def upload(desk: Desk, content_type: str, body: bytes, path: str = PATH) -> Any:
    answer = desk.ask("POST", path, body, headers={"content-type": content_type})
    assert answer.status == 200
    return json.loads(answer.body)


def upgrade(desk: Desk, data: bytes, **params: str) -> Any:
    return upload(
        desk, *multipart(("json", request(**params), "application/json", None), ("file", data, None, "a.bin"))
    )


def status(desk: Desk) -> Any:
    return desk.rpc(PATH, "status")["data"]


def running(desk: Desk) -> None:
    desk.wait_until(lambda: desk.device.lifecycle.phase == "running")


def test_status_is_pretty_and_short_while_there_is_one_image(desk: Desk) -> None:
    answer = desk.ask("POST", PATH, '{"apiVersion":"1.0","method":"status"}')
    assert answer.body.startswith(b'{\n  "apiVersion": "1.8",\n  "method": "status",\n  "data": {\n')
    assert answer.body.endswith(b"}\n")
    assert set(status(desk)) == {"activeFirmwareVersion", "activeFirmwarePart"}


@pytest.mark.parametrize(
    ("first", "second", "media_type"),
    [
        ("json", "file", "application/json"),
        ("data", "firmwareImage", "application/json"),
        ("data", "fileData", None),
        ("data", "filename", None),
        ("json", "file", "text/plain"),
    ],
)
def test_the_parts_may_have_any_name(desk: Desk, first: str, second: str, media_type: str | None) -> None:
    sent = multipart((first, request(), media_type, None), (second, image(desk), None, "x.bin"))
    answer = upload(desk, *sent)
    assert answer == {"apiVersion": "1.8", "context": "c", "method": "upgrade", "data": {"firmwareVersion": NEWER}}


def test_aiohttp_can_upload(desk: Desk) -> None:
    async def written() -> tuple[str, bytes]:
        form, sink = aiohttp.FormData(), io.BytesIO()
        form.add_field("json", request().decode(), content_type="application/json")
        form.add_field("file", io.BytesIO(image(desk)), filename="C1410_Mk_II_12_10_5.bin")
        payload = form()

        class Writer:
            async def write(self, data: bytes) -> None:
                sink.write(data)

        await payload.write(Writer())  # type: ignore[arg-type]
        return payload.headers["Content-Type"], sink.getvalue()

    assert upload(desk, *asyncio.run(written()))["data"] == {"firmwareVersion": NEWER}


def test_an_upgrade_holds_its_request_until_written_then_restarts(desk: Desk) -> None:
    quirks = desk.device.profile.quirks
    assert upgrade(desk, image(desk), autoCommit="never")["data"] == {"firmwareVersion": NEWER}
    assert desk.waited >= quirks.upgrade_write_seconds
    assert status(desk)["activeFirmwareVersion"] == "12.9.57"
    assert desk.device.lifecycle.phase == "stopping"
    running(desk)
    after = status(desk)
    assert (after["activeFirmwareVersion"], after["inactiveFirmwareVersion"]) == (NEWER, "12.9.57")
    assert after["isCommited"] is False
    assert desk.rpc(PATH, "purge")["error"] == {"code": 412, "message": "Current firmware is not active."}
    assert desk.rpc(PATH, "commit")["data"] == {}
    assert status(desk)["isCommited"] is True
    assert desk.rpc(PATH, "rollback")["data"] == {}
    running(desk)
    assert status(desk)["activeFirmwareVersion"] == "12.9.57"


def test_other_requests_are_answered_meanwhile_but_a_second_upgrade_is_busy(desk: Desk) -> None:
    content_type, body = multipart(("json", request(), None, None), ("file", image(desk), None, None))
    head = desk.head("POST", PATH, headers={"content-type": content_type})
    challenge = desk.once(head)
    assert challenge.status == 401
    head.headers["authorization"] = credentials(challenge, head, *ROOT)
    admission = desk.face.admit(head)
    assert isinstance(admission, Admission)
    assert admission.spool
    held = admission.serve(Request(head, upload=io.BytesIO(body)))
    assert isinstance(held, Held)
    delivered: list[Answer] = []
    gone = held.start(delivered.append)
    assert desk.rpc("/axis-cgi/systemready.cgi", "systemready")["data"]["systemready"] == "yes"
    assert desk.rpc(PATH, "commit")["error"]["code"] == 423
    assert upgrade(desk, image(desk))["error"]["code"] == 423
    gone()
    desk.wait_until(lambda: desk.device.firmware.running.version == NEWER)
    assert delivered == []


@pytest.mark.parametrize(
    ("fault", "code", "message"),
    [
        ("wrong_model", 421, "Firmware image does not match this device."),
        ("garbage", 421, "Firmware image does not match this device."),
        ("downgrade", 409, "Downgrade is only allowed if factoryDefault=hard is set."),
        ("bad_signature", 415, None),
        ("truncated", 415, None),
        ("unsigned", 422, None),
        ("unknown_certificate", 424, None),
        ("lts_step_missing", 409, None),
    ],
)
def test_refusals_come_from_the_image(desk: Desk, fault: str, code: int, message: str | None) -> None:
    error = upgrade(desk, image(desk, fault=fault))["error"]
    assert error["code"] == code
    assert message is None or error["message"] == message
    assert desk.device.lifecycle.phase == "running"


def test_recorded_errors_of_the_envelope(desk: Desk) -> None:
    assert desk.rpc(PATH, "fly")["error"] == {"code": 405, "message": "Unknown method in request."}
    assert desk.rpc(PATH, "status", version="2.0")["error"] == {"code": 417, "message": "Unsupported API version."}
    assert desk.rpc(PATH, "rollback")["error"] == {"code": 404, "message": "No old firmware exists."}
    assert desk.rpc(PATH, "status", {"x": 1})["error"]["code"] == 400
    assert json.loads(desk.ask("POST", PATH, "{").body)["error"]["code"] == 400
    assert desk.rpc(PATH, "getSupportedVersions")["data"] == {"apiVersions": ["1.8"]}


def test_unknown_members_beside_params_are_ignored_inside_them_not(desk: Desk) -> None:
    odd = b'{"apiVersion":"1.0","method":"upgrade","factoryDefaultMode":"sot"}'
    answer = upload(desk, *multipart(("data", odd, None, None), ("f", image(desk, fault="garbage"), None, None)))
    assert answer["error"]["code"] == 421
    assert upgrade(desk, image(desk), factoryDefaultMode="sot")["error"]["code"] == 400
    assert upgrade(desk, image(desk), colour="red")["error"]["code"] == 400
    assert upgrade(desk, image(desk), autoRollback="soon")["error"]["code"] == 400


def test_an_upload_without_an_image_or_without_sense(desk: Desk) -> None:
    assert upload(desk, *multipart(("json", request(), None, None)))["error"]["code"] == 400
    assert upload(desk, "multipart/form-data; boundary=bnd", b"--bnd\r\nbroken")["error"]["code"] == 400
    assert upload(desk, "multipart/form-data", b"x")["error"]["code"] == 400
    assert upload(desk, *multipart(("json", b" " * (1 << 17), None, None)))["error"]["code"] == 400
    assert upload(desk, "application/json", request())["error"]["code"] == 400


def test_reboot_default_and_stop_auto(desk: Desk) -> None:
    assert desk.rpc(PATH, "stopAuto")["data"] == {}
    boots = desk.device.lifecycle.boots
    assert desk.rpc(PATH, "reboot")["data"] == {}
    running(desk)
    assert desk.device.lifecycle.boots == boots + 1
    assert desk.rpc(PATH, "factoryDefault", {"factoryDefaultMode": "medium"})["error"]["code"] == 400
    assert desk.rpc(PATH, "factoryDefault")["data"] == {}
    running(desk)
    assert desk.device.accounts.empty


def test_an_upgrade_is_audited(desk: Desk) -> None:
    upgrade(desk, image(desk))
    assert any(
        f"Entity Management: Upgrade completed ({NEWER})." in line for line in desk.device.logs.audit_lines()
    )


def test_the_older_cgi_takes_one_file(desk: Desk) -> None:
    old = "/axis-cgi/firmwareupgrade.cgi"
    content_type, body = multipart(("fileData", image(desk), "application/octet-stream", "x.bin"))
    refused = desk.ask("POST", f"{old}?type=special", body, headers={"content-type": content_type})
    assert refused.body.startswith(b"Error")
    assert desk.ask("POST", old, b"x").body.startswith(b"Error")
    answer = desk.ask("POST", old, body, headers={"content-type": content_type})
    assert (answer.status, answer.content_type) == (200, "text/plain")
    assert b"OK" in answer.body
    running(desk)
    assert desk.device.firmware.running.version == NEWER


@pytest.mark.fuzz
@pytest.mark.timeout(600)
@given(
    st.binary(max_size=300),
    st.sampled_from(["multipart/form-data; boundary=bnd", "multipart/x", "", "text/plain"]),
)
def test_any_upload_is_answered(body: bytes, content_type: str) -> None:
    desk = Desk()
    for data in (
        body,
        b"--bnd\r\n\r\n" + request() + b"\r\n--bnd\r\n\r\n" + body + b"\r\n--bnd--",
        b"--bnd\r\n" + body,
    ):
        for path in (PATH, "/axis-cgi/firmwareupgrade.cgi"):
            answer = desk.ask("POST", path, data, headers={"content-type": content_type})
            assert answer.status == 200
    assert desk.device.lifecycle.phase == "running"


def test_the_system_log_tells_what_became_of_an_upgrade(desk: Desk) -> None:
    upgrade(desk, b"garbage")
    assert "[ ERR     ] fwmgr[" in desk.get("/axis-cgi/systemlog.cgi?appname=fwmgr")
    upgrade(desk, image(desk))
    running(desk)
    log = desk.get("/axis-cgi/systemlog.cgi?appname=fwmgr")
    assert "upgraded from 12.9.57" in log
    assert f"Firmware {NEWER} committed (started)" in log
