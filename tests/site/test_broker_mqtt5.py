"""What MQTT 5 adds to the broker's decisions: options of subscriptions, groups, expiry, delayed wills."""

from __future__ import annotations

import pytest

from simulator.clock import SimClock
from simulator.journal import Journal
from simulator.site.broker.message import Message
from simulator.site.broker.router import Refusal, Router
from simulator.wire.mqtt.packet import Connect, Publish, Subscribe, Unsubscribe, Will
from simulator.wire.mqtt.properties import NEVER, NONE, Properties
from simulator.wire.mqtt.reason import Reason


class Link:
    def __init__(self):
        self.closed = []

    def wake(self):
        """The test looks for itself."""

    def close(self, reason, code=None):
        self.closed.append((reason, code))


class Broker:
    """A router on a clock of its own."""

    def __init__(self, **settings):
        self.now = 100.0
        self.router = Router(Journal(SimClock(stepped=True)), now=lambda: self.now, **settings)
        self.links = {}

    def connect(self, name, *, will=None, clean=True, level=5, **said):
        self.links[name] = Link()
        connect = Connect(name, clean, 60, will, level=level, properties=Properties(**said))
        return self.router.connect(connect, self.links[name])

    def client(self, name, **settings):
        return self.connect(name, **settings).session

    def lose(self, session, *, orderly=False):
        self.router.disconnected(session, session.link, orderly=orderly)

    def subscribe(self, session, pattern, options=0, identifier=None):
        said = NONE if identifier is None else Properties(subscription_ids=(identifier,))
        return self.router.subscribe(session, Subscribe(((pattern, options),), 1, said))

    def say(self, topic, payload=b"x", *, by="somebody", qos=0, retain=False, **said):
        return self.router.received(Publish(topic, payload, qos, retain, properties=Properties(**said)), by)

    def got(self, session):
        found = []
        while (delivery := session.head()) is not None:
            session.pop()
            if not delivery.message.over(self.now):
                found.append(delivery.packet(self.now))
        return found


def test_no_local_leaves_out_what_the_client_says_itself():
    broker = Broker()
    me = broker.client("me")
    broker.subscribe(me, "a/#", 0x04)
    broker.say("a/b", by="me")
    assert broker.got(me) == []
    broker.say("a/b", by="other")
    assert len(broker.got(me)) == 1
    broker.subscribe(me, "a/b", 0x01)
    broker.say("a/b", by="me", qos=1)
    assert [packet.qos for packet in broker.got(me)] == [1]


@pytest.mark.parametrize("options", [0x00, 0x08])
def test_retain_as_published(options):
    broker = Broker()
    me = broker.client("me")
    broker.subscribe(me, "a", options)
    broker.say("a", retain=True)
    broker.say("a")
    assert [packet.retain for packet in broker.got(me)] == [bool(options), False]


def test_retain_handling():
    broker = Broker()
    broker.say("a", retain=True)
    me = broker.client("me")
    for options, expected in ((0x20, 0), (0x00, 1), (0x10, 0), (0x00, 1)):
        broker.subscribe(me, "a", options)
        assert len(broker.got(me)) == expected
    other = broker.client("other")
    broker.subscribe(other, "a", 0x10)
    assert [packet.retain for packet in broker.got(other)] == [True]


def test_one_copy_names_all_subscriptions():
    broker = Broker()
    me = broker.client("me")
    broker.subscribe(me, "a/+", 0, 1)
    broker.subscribe(me, "a/b", 2, 2)
    broker.subscribe(me, "#", 1)
    broker.say("a/b", qos=2)
    (packet,) = broker.got(me)
    assert sorted(packet.properties.subscription_ids) == [1, 2]
    assert packet.qos == 2
    broker.say("other")
    assert broker.got(me)[0].properties.subscription_ids == ()


def test_a_retained_message_names_its_subscription():
    broker = Broker()
    broker.say("a", retain=True, content_type="t")
    me = broker.client("me")
    broker.subscribe(me, "a", 0, 9)
    assert broker.got(me)[0].properties == Properties(subscription_ids=(9,), content_type="t")


def test_a_group_shares_and_absent_members_are_passed_over():
    broker = Broker()
    first, second = (broker.client(name, session_expiry=60) for name in ("first", "second"))
    for session in (first, second):
        assert broker.subscribe(session, "$share/g/a/+", 1) == (1,)
    for _ in range(4):
        assert broker.say("a/b", qos=1) == 1
    assert [len(broker.got(session)) for session in (first, second)] == [2, 2]
    broker.lose(first)
    broker.say("a/b", qos=1)
    broker.say("a/b", qos=1)
    assert len(broker.got(second)) == 2
    broker.lose(second)
    broker.say("a/b", qos=1)
    assert len(broker.got(first)) + len(broker.got(second)) == 1, "kept for one of them"


def test_leaving_a_group():
    broker = Broker()
    me = broker.client("me")
    broker.subscribe(me, "$share/g/a")
    codes = broker.router.unsubscribe(me, Unsubscribe(("$share/g/a", "$share/g/a", "never")))
    assert codes == (Reason.SUCCESS, Reason.NO_SUBSCRIPTION_EXISTED, Reason.NO_SUBSCRIPTION_EXISTED)
    assert broker.say("a") == 0


def test_a_group_gets_nothing_retained():
    broker = Broker()
    broker.say("a", retain=True)
    me = broker.client("me")
    broker.subscribe(me, "$share/g/a")
    assert broker.got(me) == []


@pytest.mark.parametrize("pattern", ["a/#/b", "a+", "", "$share/g", "$share//a", "$share/g+/a", "$share/g/a#"])
def test_an_invalid_filter_is_refused_with_its_reason(pattern):
    broker = Broker()
    assert broker.subscribe(broker.client("me"), pattern) == (Reason.FILTER_INVALID,)
    assert broker.subscribe(broker.client("old", level=4), "a+") == (0x80,)


def test_for_the_older_levels_share_is_a_topic_like_any_other():
    broker = Broker()
    old = broker.client("old", level=4)
    assert broker.subscribe(old, "$share/g/a") == (0,)
    assert broker.say("a") == 0
    assert broker.say("$share/g/a") == 1


def test_messages_expire_and_say_how_long_they_have():
    broker = Broker()
    me = broker.client("me", session_expiry=NEVER)
    broker.subscribe(me, "a", 1)
    broker.lose(me)
    broker.say("a", b"long", qos=1, message_expiry=60)
    broker.say("a", b"short", qos=1, message_expiry=5)
    broker.now += 10.5
    me = broker.client("me", clean=False, session_expiry=NEVER)
    assert [(p.payload, p.properties.message_expiry) for p in broker.got(me)] == [(b"long", 50)]


def test_a_retained_message_expires():
    broker = Broker()
    broker.say("a", retain=True, message_expiry=5)
    me = broker.client("me")
    broker.subscribe(me, "a")
    assert len(broker.got(me)) == 1
    broker.now += 5
    broker.subscribe(me, "a")
    assert broker.got(me) == []


def test_a_session_ends_when_its_time_is_over():
    broker = Broker()
    for absence, present in ((9.9, True), (10.0, False)):
        broker.lose(broker.client("me", clean=False, session_expiry=10), orderly=True)
        assert broker.router.next_deadline() == broker.now + 10
        broker.now += absence
        broker.router.tick(broker.now)
        assert broker.connect("me", clean=False, session_expiry=10).present is present
        assert broker.router.next_deadline() is None


def test_a_session_without_expiry_ends_with_the_connection_and_one_may_never_end():
    broker = Broker()
    broker.lose(broker.client("short", clean=False))
    assert not broker.connect("short", clean=False).present
    broker.lose(broker.client("long", session_expiry=NEVER))
    assert broker.router.next_deadline() is None
    assert broker.connect("long", clean=False).present


WILL = Will("will", b"gone", properties=Properties(will_delay=5))


def test_a_will_waits_for_its_delay():
    broker = Broker()
    watcher = broker.client("watcher")
    broker.subscribe(watcher, "will")
    broker.lose(broker.client("me", will=WILL, session_expiry=60))
    broker.now += 4.9
    broker.router.tick(broker.now)
    assert broker.got(watcher) == []
    broker.now += 0.1
    broker.router.tick(broker.now)
    assert [packet.payload for packet in broker.got(watcher)] == [b"gone"]
    broker.now += 55
    broker.router.tick(broker.now)
    assert broker.got(watcher) == [], "once"


def test_a_client_that_comes_back_takes_its_will_back():
    broker = Broker()
    watcher = broker.client("watcher")
    broker.subscribe(watcher, "will")
    broker.lose(broker.client("me", will=WILL, session_expiry=60))
    broker.client("me", clean=False, session_expiry=60)
    broker.now += 10
    broker.router.tick(broker.now)
    assert broker.got(watcher) == []


@pytest.mark.parametrize("how", ["clean start", "no session", "session ends first"])
def test_a_will_comes_at_the_end_of_the_session_at_the_latest(how):
    broker = Broker()
    watcher = broker.client("watcher")
    broker.subscribe(watcher, "will")
    expiry = {"clean start": 60, "no session": 0, "session ends first": 2}[how]
    broker.lose(broker.client("me", will=WILL, session_expiry=expiry))
    if how == "clean start":
        broker.client("me")
    broker.now += 2
    broker.router.tick(broker.now)
    assert [packet.payload for packet in broker.got(watcher)] == [b"gone"]


def test_a_take_over_is_told_and_an_undelayed_will_published():
    broker = Broker()
    watcher = broker.client("watcher")
    broker.subscribe(watcher, "will")
    broker.client("me", will=Will("will", b"gone"), session_expiry=60)
    link = broker.links["me"]
    broker.client("me", clean=False, session_expiry=60)
    assert link.closed == [("taken over", Reason.SESSION_TAKEN_OVER)]
    assert len(broker.got(watcher)) == 1


def test_an_id_is_assigned():
    broker = Broker()
    welcome = broker.connect("", clean=False)
    assert welcome.assigned
    assert welcome.session.client_id


@pytest.mark.parametrize(
    ("users", "name", "password", "code"),
    [
        (None, None, None, None),
        ({"u": "p"}, None, None, Reason.NOT_AUTHORIZED),
        ({"u": "p"}, "u", b"wrong", Reason.BAD_CREDENTIALS),
        ({"u": "p"}, "u", b"p", None),
    ],
)
def test_refusals_in_the_codes_of_mqtt_5(users, name, password, code):
    broker = Broker(users=users)
    answer = broker.router.connect(Connect("me", username=name, password=password, level=5), Link())
    assert (answer.code if isinstance(answer, Refusal) else None) == code


def test_extended_authentication_is_refused():
    answer = Broker().connect("me", authentication_method="SCRAM-SHA-1", authentication_data=b"x")
    assert answer == Refusal(Reason.BAD_AUTHENTICATION_METHOD)


def test_properties_count_against_the_bounds():
    big = Properties(user=(("name", "x" * 1000),))
    assert Message("a", b"", properties=big).cost > 1000
