"""Firmware images: what is built can be read, what is broken is refused, and nothing else happens."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.firmware_image import (
    Fault,
    ImageProduct,
    Signature,
    build_image,
    image_name,
    read_image,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.firmware_image import FirmwareImage

MODULE = ImageProduct("A9210", "9A0.1", "Network I/O Relay Module")
GOOD = build_image(product=MODULE, version="12.10.68", part_number="0123456")
UNPACKED = gzip.decompress(GOOD)


def read(data: bytes) -> FirmwareImage:
    return read_image(io.BytesIO(data))


def pack(members: list[tuple[str, bytes]], change: Callable[[tarfile.TarInfo], None] = lambda info: None) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            change(info)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(file.getvalue(), mtime=0)


def info_of(**changes: object) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(GOOD)) as archive:
        stream = archive.extractfile("info.json")
        assert stream is not None
        return json.dumps({**json.load(stream), **changes}).encode()


def test_an_image_says_what_it_was_built_with() -> None:
    image = read(GOOD)
    assert (image.version, image.part_number, image.products) == ("12.10.68", "0123456", (MODULE,))
    assert (image.signature, image.complete) == (Signature.VALID, True)


def test_an_image_reads_as_tar_and_gzip_with_info_json_as_its_second_member() -> None:
    with tarfile.open(fileobj=io.BytesIO(GOOD), mode="r:gz") as archive:
        assert archive.getnames()[1] == "info.json"
        stream = archive.extractfile("info.json")
        assert stream is not None
        info = json.load(stream)
    assert {"Release", "BuildNbr", "PartNbr", "BuildTime", "SigningDomain", "Products"} <= set(info)
    assert info["Products"][0]["ProdFullName"] == "AXIS A9210 Network I/O Relay Module"


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert build_image(product=MODULE, version="12.10.68", part_number="0123456") == GOOD
    assert build_image(product=MODULE, version="12.10.69", part_number="0123456") != GOOD


@pytest.mark.parametrize(
    ("fault", "signature", "complete"),
    [
        ("unsigned", Signature.MISSING, True),
        ("bad_signature", Signature.WRONG, True),
        ("unknown_certificate", Signature.UNKNOWN, True),
        ("truncated", Signature.MISSING, False),
    ],
)
def test_a_fault_is_the_one_thing_wrong_with_an_image(fault: str, signature: Signature, complete: bool) -> None:
    image = read(build_image(product=MODULE, version="12.10.68", fault=fault))
    assert (image.signature, image.complete) == (signature, complete)
    assert (image.version, image.products) == ("12.10.68", (MODULE,))


def test_an_image_of_the_wrong_model_is_whole_and_signed() -> None:
    image = read(build_image(product=MODULE, version="12.10.68", fault="wrong_model"))
    assert image.signature is Signature.VALID
    assert image.products[0].prod_nbr != "A9210"


def test_garbage_is_no_image() -> None:
    with pytest.raises(MalformedMessage, match="damaged"):
        read(build_image(product=MODULE, version="12.10.68", fault="garbage"))


def test_a_fault_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="upside_down"):
        build_image(product=MODULE, version="12.10.68", fault="upside_down")


def test_images_are_named_as_real_ones_are() -> None:
    assert image_name("C1410 Mk II", "12.9.57") == "C1410_Mk_II_12_9_57.bin"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "ends early"),
        (b"\x1f\x8b", "ends early"),
        (b"GET / HTTP/1.1", "damaged"),
        (gzip.compress(b"", mtime=0), "ends early"),
        (gzip.compress(bytes(1024), mtime=0), "no info.json"),
        (gzip.compress(bytes(512) + b"x" + bytes(511), mtime=0), "behind the end"),
        (pack([("info.json", info_of())]), "not the second member"),
        (pack([("kernel", b""), ("rootfs", b"")]), "not the second member"),
        (pack([("kernel", b"")]), "no info.json"),
        (pack([("../kernel", b""), ("info.json", info_of())]), "plain file name"),
        (pack([("/etc/passwd", b""), ("info.json", info_of())]), "plain file name"),
        (pack([("k" * 150, b""), ("info.json", info_of())]), "no regular file"),
        (pack([("kérnel", b""), ("info.json", info_of())]), "no plain file name|no regular file"),
        (pack([("k", b""), ("info.json", b"{")]), "no JSON"),
        (pack([("k", b""), ("info.json", b"[" * 60_000)]), "no JSON"),
        (pack([("k", b""), ("info.json", b"9" * 60_000)]), "no JSON|no object"),
        (pack([("k", b""), ("info.json", b"[]")]), "no object"),
        (pack([("k", b""), ("info.json", bytes(1 << 17))]), "more than"),
        (pack([("k", b""), ("info.json", info_of(Release=12))]), "Release"),
        (pack([("k", b""), ("info.json", info_of(Release="1\n2"))]), "Release"),
        (pack([("k", b""), ("info.json", info_of(Release="1" * 1000))]), "Release"),
        (pack([("k", b""), ("info.json", info_of(BuildTime=True))]), "BuildTime"),
        (pack([("k", b""), ("info.json", info_of(BuildTime=-1))]), "BuildTime"),
        (pack([("k", b""), ("info.json", info_of(Products={}))]), "Products"),
        (pack([("k", b""), ("info.json", info_of(Products=[1]))]), "product"),
        (pack([("k", b""), ("info.json", info_of(Products=[{}] * 65))]), "Products"),
        (pack([("k", b""), ("info.json", info_of(UpgradeableFrom=[1]))]), "entry"),
    ],
)
def test_what_is_no_image_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedMessage, match=reason):
        read(data)


@pytest.mark.parametrize(
    ("data", "damage"),
    [
        (GOOD + b"more", "behind the compressed"),
        (GOOD + GOOD, "behind the compressed"),
        (GOOD[:-4], "ends early"),
        (GOOD[:-8] + b"\0\0\0\0" + GOOD[-4:], "damaged"),
        (gzip.compress(UNPACKED[:-1024] + b"x" * 1024, mtime=0), "checksum|regular|behind"),
        (pack([("k", b""), ("info.json", info_of()), ("k", b"")]), "two members"),
        (pack([("k", b""), ("info.json", info_of()), ("signature", bytes(1 << 16))]), "more than"),
        (pack([("k", b""), ("info.json", info_of())] + [(f"m{n}", b"") for n in range(99)]), "more than 64"),
        (
            pack([("k", b""), ("info.json", info_of()), ("zeros", bytes(8 << 20))]),
            "beyond measure",
        ),
    ],
)
def test_damage_behind_the_description_is_told(data: bytes, damage: str) -> None:
    image = read(data)
    assert image.products == (MODULE,)
    assert not image.complete
    assert image.signature is not Signature.VALID
    assert re.search(damage, image.damage)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_refused(kind: bytes) -> None:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname, info.size = kind, "/etc/shadow", 0

    with pytest.raises(MalformedMessage, match="no regular file"):
        read(pack([("kernel", b""), ("info.json", b"")], change))


def test_a_large_image_is_never_in_memory_as_a_whole() -> None:
    class Counted(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert size > 0
            Counted.largest = max(Counted.largest, size)
            return super().read(size)

    image = read_image(Counted(build_image(product=MODULE, version="12.10.68", payload_size=3 << 20)))
    assert image.signature is Signature.VALID
    assert Counted.largest <= 1 << 16


def read_or_refused(data: bytes) -> FirmwareImage | None:
    try:
        return read(data)
    except MalformedMessage as refused:
        assert str(refused)
        return None


@pytest.mark.fuzz
@given(st.binary(max_size=2048))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert read_or_refused(data) is None


@pytest.mark.fuzz
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=8), st.integers(0, 8))
def test_any_change_of_the_file_is_noticed(place: int, patch: bytes, cut: int) -> None:
    data = GOOD[:place] + patch + GOOD[place + cut :]
    assume(data != GOOD)
    image = read_or_refused(data)
    if image is not None and image.complete and image.signature is Signature.VALID:
        assert zlib.decompress(data, wbits=31) == UNPACKED  # a header field of gzip that says nothing


@given(st.integers(0, len(UNPACKED) - 1), st.binary(min_size=1, max_size=8), st.integers(0, 600))
def test_no_change_of_the_content_keeps_the_signature(place: int, patch: bytes, cut: int) -> None:
    data = UNPACKED[:place] + patch + UNPACKED[place + cut :]
    image = read_or_refused(gzip.compress(data, 1))
    if image is not None and image.complete and image.signature is Signature.VALID:
        assert replaced_only_padding(data)


def replaced_only_padding(data: bytes) -> bool:
    """The same members with the same content: what changed lies between them."""
    return members_of(data) == members_of(UNPACKED)


def members_of(data: bytes) -> list[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return [(info.name, archive.extractfile(info).read()) for info in archive]  # type: ignore[union-attr]


@pytest.mark.fuzz
@given(st.integers(0, len(GOOD)))
def test_a_file_cut_anywhere_is_never_complete(length: int) -> None:
    assume(length < len(GOOD))
    image = read_or_refused(GOOD[:length])
    assert image is None or not image.complete


@given(st.sampled_from(Fault), st.sampled_from(["11.11.192", "12.10.68", "13.1.5"]))
def test_building_is_a_function(fault: Fault, version: str) -> None:
    first, second = (build_image(product=MODULE, version=version, fault=fault) for _ in range(2))
    assert first == second
