"""The registrar of a site: bindings, challenges, times, and what hands make it do."""

from __future__ import annotations

import pytest
from server_bench import DOMAIN, Party, ServerBench

from simulator.wire.sip.message import Response
from simulator.wire.sip.registrar import MOST_BINDINGS, Registered
from simulator.wire.sip.registrar_script import ScriptedAnswer

HORN = ("127.0.0.9", 5060)


@pytest.fixture
def bench() -> ServerBench:
    return ServerBench()


@pytest.fixture
def horn(bench: ServerBench) -> Party:
    return Party(bench, "1001", HORN)


def challenge_algorithms(response: Response) -> list[str]:
    values = response.headers.all("WWW-Authenticate")
    return [value.rpartition("algorithm=")[2].partition(",")[0] for value in values]


def bound(bench: ServerBench, user: str = "1001") -> list[str]:
    return [str(one.contact) for one in bench.server.registrar.contacts(user, bench.now)]


def test_a_registration_is_challenged_with_each_algorithm_and_then_granted(
    bench: ServerBench, horn: Party
) -> None:
    challenge = horn.ask(horn.register_request())
    assert (challenge.status, challenge_algorithms(challenge)) == (401, ["SHA-256", "MD5"])
    granted = horn.register(("Expires", "300"))
    assert granted.status == 200
    assert granted.headers.all("Contact") == (f"{horn.contact};expires=300",)
    assert bound(bench) == ["sip:1001@127.0.0.9:5060"]
    assert bench.server.registrar.bindings["1001"][0].algorithm == "SHA-256"


def test_a_client_of_md5_alone_gets_in_too(bench: ServerBench, horn: Party) -> None:
    bench.script.algorithms = ("MD5",)
    assert horn.register().status == 200
    assert bench.server.registrar.bindings["1001"][0].algorithm == "MD5"


def test_a_wrong_password_and_an_unknown_user_stay_out(bench: ServerBench) -> None:
    for party in (Party(bench, "1001", HORN, password="guess"), Party(bench, "666", HORN)):
        refused = party.register()
        assert refused.status == 401
        assert "stale" not in refused.headers.all("WWW-Authenticate")[0]
    assert not bench.server.registrar.bindings


def test_somebody_elses_credentials_get_403(bench: ServerBench, horn: Party) -> None:
    desk = Party(bench, "2001", ("127.0.0.11", 5060))
    aor = f"<sip:1001@{DOMAIN}>"
    assert desk.register(("To", aor)).status == 403
    assert not bench.server.registrar.bindings


def test_a_binding_ends_when_its_time_is_up_unless_it_is_refreshed(bench: ServerBench, horn: Party) -> None:
    horn.register(("Expires", "60"))
    bench.wait(55)
    horn.register(("Expires", "60"))
    bench.wait(59)
    assert bound(bench)
    bench.wait(2)
    assert not bound(bench)
    told = [event.what for event in bench.events() if isinstance(event, Registered)]
    assert told == ["registered", "refreshed", "expired"]


def test_a_time_in_the_contact_goes_before_the_header_and_no_time_means_an_hour(horn: Party) -> None:
    granted = horn.register(("Contact", f"{horn.contact};expires=120"), ("Expires", "600"))
    assert granted.headers.all("Contact") == (f"{horn.contact};expires=120",)
    assert horn.register().headers.all("Contact") == (f"{horn.contact};expires=3600",)


def test_too_brief_gets_423_with_the_least_time(bench: ServerBench, horn: Party) -> None:
    refused = horn.register(("Expires", "30"))
    assert (refused.status, refused.headers.get("Min-Expires")) == (423, "60")
    assert not bound(bench)


def test_zero_takes_one_contact_back_and_a_star_all(bench: ServerBench, horn: Party) -> None:
    other = "<sip:1001@127.0.0.10:5060>"
    horn.register()
    horn.register(("Contact", other))
    assert len(bound(bench)) == 2
    horn.register(("Contact", other), ("Expires", "0"))
    assert bound(bench) == ["sip:1001@127.0.0.9:5060"]
    assert horn.register(("Contact", "*"), ("Expires", "60")).status == 400
    assert horn.register(("Contact", "*"), ("Expires", "0")).status == 200
    assert not bound(bench)


def test_a_request_without_contact_asks_who_is_there(horn: Party) -> None:
    horn.register()
    asked = horn.register_request()
    asked.headers.remove("Contact")
    assert horn.authenticated(asked).headers.all("Contact") == (f"{horn.contact};expires=3600",)


def test_a_late_request_of_the_same_call_does_not_undo_a_newer_one(bench: ServerBench, horn: Party) -> None:
    horn.register(("Expires", "600"))
    horn.client.sign(late := horn.register_request(("Expires", "0")))
    late.headers.set("CSeq", "1 REGISTER")
    horn.send(late)
    assert [response.status for response in horn.responses()] == [500]
    assert bound(bench)


def test_a_repeat_gets_the_same_answer_and_does_nothing(bench: ServerBench, horn: Party) -> None:
    horn.register()
    horn.client.sign(request := horn.register_request())
    horn.send(request)
    horn.send(request)
    first, second = horn.mail()
    assert first == second
    refreshed = [event for event in bench.events() if isinstance(event, Registered) and event.what == "refreshed"]
    assert len(refreshed) == 1


def test_contacts_of_one_user_are_bounded(bench: ServerBench, horn: Party) -> None:
    statuses = [horn.register(("Contact", f"<sip:1001@127.0.1.{n}>")).status for n in range(1, MOST_BINDINGS + 2)]
    assert statuses == [200] * MOST_BINDINGS + [403]
    assert len(bound(bench)) == MOST_BINDINGS


def test_a_nonce_grows_old_and_is_called_stale(bench: ServerBench, horn: Party) -> None:
    horn.register()
    bench.wait(301)
    horn.client.sign(request := horn.register_request())
    stale = horn.ask(request)
    assert stale.status == 401
    assert "stale=true" in stale.headers.all("WWW-Authenticate")[0]


@pytest.mark.parametrize(("order", "stale"), [("stale", True), ("refuse", False)])
def test_an_endless_401(bench: ServerBench, horn: Party, order: str, *, stale: bool) -> None:
    getattr(bench.script, order).add("1001")
    for _ in range(3):
        refused = horn.register()
        assert refused.status == 401
        assert ("stale=true" in refused.headers.all("WWW-Authenticate")[0]) == stale
    getattr(bench.script, order).clear()
    assert horn.register().status == 200


def test_a_wrong_realm_is_for_those_that_are_meant(bench: ServerBench, horn: Party) -> None:
    bench.script.wrong_realm.add("1001")
    refused = horn.register()
    assert refused.status == 401
    assert f'realm="{DOMAIN}"' not in refused.headers.all("WWW-Authenticate")[0]
    assert Party(bench, "2001", ("127.0.0.11", 5060)).register().status == 200


def test_scripted_answers_count_down(bench: ServerBench, horn: Party) -> None:
    bench.script.answers["REGISTER", "1001"] = ScriptedAnswer(503, retry_after=7, left=2)
    for _ in range(2):
        refused = horn.register()
        assert (refused.status, refused.headers.get("Retry-After")) == (503, "7")
    assert horn.register().status == 200


def test_a_shorter_time_is_granted_than_was_asked(bench: ServerBench, horn: Party) -> None:
    bench.script.expires = 12
    assert horn.register(("Expires", "300")).headers.all("Contact") == (f"{horn.contact};expires=12",)
    bench.wait(13)
    assert not bound(bench)


def test_silence_and_slowness(bench: ServerBench, horn: Party) -> None:
    bench.script.silent = True
    horn.send(horn.register_request())
    assert not horn.mail()
    bench.script.silent = False
    bench.script.delay = 2.0
    horn.send(horn.register_request())
    bench.wait(1.9)
    assert not horn.mail()
    bench.wait(0.2)
    assert [response.status for response in horn.responses()] == [401]


def test_a_domain_that_is_not_ours_is_not_found(horn: Party) -> None:
    assert horn.register(("To", "<sip:1001@other.example>")).status == 404


def test_what_an_extension_requires_is_not_supported(horn: Party) -> None:
    refused = horn.register(("Require", "gruu"))
    assert (refused.status, refused.headers.get("Unsupported")) == (420, "gruu")


def test_an_open_registrar_lets_everybody_in() -> None:
    bench = ServerBench(open=True)
    assert Party(bench, "anybody", HORN).ask(Party(bench, "anybody", HORN).register_request()).status == 200


def test_refreshes_leave_nothing_behind(bench: ServerBench, horn: Party) -> None:
    for _ in range(300):
        horn.register(("Expires", "3600"))
        bench.wait(40)
    assert len(bench.server.registrar.take_events()) >= 300
    assert len(bench.server.registrar._due) <= 70
    assert bench.server.transactions <= 4
