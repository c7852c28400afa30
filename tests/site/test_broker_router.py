"""Who gets what and what is kept: the broker's rules (MQTT sheet 3.5) without sockets."""

from __future__ import annotations

import pytest

from simulator.clock import SimClock
from simulator.journal import Journal, Kind
from simulator.site.broker.limits import Limits
from simulator.site.broker.message import Message
from simulator.site.broker.router import Refusal, Router
from simulator.wire.mqtt.packet import FAILURE, Connect, Subscribe, Unsubscribe, Will


class Link:
    def __init__(self):
        self.closed = ""
        self.woken = 0

    def wake(self):
        self.woken += 1

    def close(self, reason, code=None):
        self.closed = reason


class House:
    def __init__(self, limits=None, users=None):
        self.journal = Journal(SimClock(stepped=True))
        self.router = Router(self.journal, limits, users)

    def join(self, client_id, *filters, clean=True, **settings):
        link = Link()
        welcome = self.router.connect(Connect(client_id, clean, **settings), link)
        client = Client(self, welcome, link)
        if filters:
            client.subscribe(*filters)
        return client

    def publish(self, topic, payload=b"x", qos=0, *, retain=False):
        return self.router.publish(Message(topic, payload, qos, retain), "publisher")

    def records(self, what):
        return [record for record in self.journal.since(0) if record.what == what]


class Client:
    def __init__(self, house, welcome, link):
        self.house, self.link = house, link
        self.session, self.present = welcome.session, welcome.present

    def subscribe(self, *filters):
        return self.house.router.subscribe(self.session, Subscribe(filters, 1))

    def leave(self, *, orderly=True):
        self.house.router.disconnected(self.session, self.link, orderly=orderly)

    def got(self):
        """Topic, payload, QoS and RETAIN of everything that waits for this client."""
        found = []
        while (delivery := self.session.head()) is not None:
            self.session.pop()
            message = delivery.message
            found.append((message.topic, message.payload, delivery.qos, delivery.retained))
        return found


# delivery


def test_quality_is_the_lower_of_publication_and_subscription():
    house = House()
    client = house.join("c", ("t", 1))
    for qos in (0, 1, 2):
        house.publish("t", bytes([qos]), qos)
    assert [(payload[0], qos) for _, payload, qos, _ in client.got()] == [(0, 0), (1, 1), (2, 1)]


def test_overlapping_subscriptions_give_one_copy_at_the_highest_quality():
    house = House()
    client = house.join("c", ("a/#", 0), ("a/b", 2), ("+/b", 1))
    house.publish("a/b", qos=2)
    assert client.got() == [("a/b", b"x", 2, False)]


def test_dollar_topics_are_ordinary_but_for_leading_wildcards():
    house = House()
    everything, own = house.join("all", ("#", 0), ("+/x", 0)), house.join("own", ("$mine/#", 0))
    house.publish("$mine/x")
    assert everything.got() == []
    assert own.got() == [("$mine/x", b"x", 0, False)]


def test_unsubscribe_ends_delivery():
    house = House()
    client = house.join("c", ("a", 0), ("b", 0))
    house.router.unsubscribe(client.session, Unsubscribe(("a", "never"), 2))
    house.publish("a")
    house.publish("b")
    assert [topic for topic, *_ in client.got()] == ["b"]


def test_invalid_filters_are_refused_one_by_one():
    client = House(Limits(levels=3)).join("c")
    assert client.subscribe(("a/#/b", 1), ("ok", 1), ("a+", 0), ("a/b/c/d", 0)) == (FAILURE, 1, FAILURE, FAILURE)


def test_filters_of_a_client_are_bounded_and_room_comes_back():
    house = House(Limits(filters=2))
    client = house.join("c")
    assert client.subscribe(("a", 0), ("b", 0), ("c", 0), ("a", 1)) == (0, 0, FAILURE, 1)
    house.router.unsubscribe(client.session, Unsubscribe(("a",), 1))
    assert client.subscribe(("c", 0)) == (0,)


def test_filters_of_all_clients_together_are_bounded():
    house = House(Limits(filter_bytes=1000))
    codes = [house.join(f"c{number}").subscribe(("a/b/c", 0))[0] for number in range(6)]
    assert FAILURE in codes
    house = House(Limits(filter_bytes=1000))
    for _ in range(100):
        client = house.join("c")
        assert client.subscribe(("a/b/c", 0)) == (0,)
        client.leave()


# retained


def test_retained_messages_come_with_the_flag_to_new_and_without_to_old_subscriptions():
    house = House()
    old = house.join("old", ("t/#", 0))
    house.publish("t/a", b"1", retain=True)
    house.publish("t/a", b"2", retain=True)
    house.publish("t/b", b"3")
    assert [entry[1:] for entry in old.got()] == [(b"1", 0, False), (b"2", 0, False), (b"3", 0, False)]
    assert house.join("new", ("t/#", 1)).got() == [("t/a", b"2", 0, True)]


def test_an_empty_retained_payload_deletes_and_is_still_delivered():
    house = House()
    old = house.join("old", ("t", 0))
    house.publish("t", b"1", retain=True)
    house.publish("t", b"", retain=True)
    assert [payload for _, payload, *_ in old.got()] == [b"1", b""]
    assert house.join("new", ("t", 0)).got() == []


def test_subscribing_again_sends_retained_messages_again():
    house = House()
    house.publish("t", b"1", 1, retain=True)
    client = house.join("c", ("t", 0))
    assert client.got() == [("t", b"1", 0, True)]
    client.subscribe(("t", 1))
    assert client.got() == [("t", b"1", 1, True)]


def test_more_retained_messages_than_the_queue_holds_are_all_delivered():
    house = House(Limits(queue=10))
    for number in range(500):
        house.publish(f"t/{number}", b"x", retain=True)
    client = house.join("c", ("#", 0))
    assert len(client.got()) == 500
    assert house.records("broker.dropped") == []


def test_an_old_retained_value_never_comes_after_a_new_one():
    house = House()
    house.publish("t", b"old", retain=True)
    client = house.join("c", ("t", 0))
    house.publish("t", b"new", retain=True)
    assert [payload for _, payload, *_ in client.got()] == [b"old", b"new"]


# sessions


def test_a_persistent_session_keeps_subscriptions_and_assured_messages():
    house = House()
    client = house.join("c", ("t", 1), clean=False)
    client.leave()
    house.publish("t", b"0", 0)
    house.publish("t", b"1", 1)
    back = house.join("c", clean=False)
    assert back.present
    assert back.got() == [("t", b"1", 1, False)]


def test_a_clean_session_ends_with_its_connection_and_ends_an_older_one():
    house = House()
    house.join("c", ("t", 1), clean=False).leave()
    clean = house.join("c", clean=True)
    assert not clean.present
    assert house.publish("t", qos=1) == 0
    clean.leave()
    assert not house.join("c", clean=False).present


def test_the_same_client_id_takes_over():
    house = House()
    first = house.join("c", ("t", 1), clean=False)
    second = house.join("c", clean=False)
    assert first.link.closed == "taken over"
    assert second.present
    first.leave(orderly=False)
    assert house.router.connected("c")
    house.publish("t", qos=1)
    assert second.link.woken == 1


@pytest.mark.parametrize(
    ("old_clean", "new_clean", "published"),
    [(True, True, 1), (True, False, 1), (False, True, 1), (False, False, 0)],
)
def test_a_take_over_publishes_the_will_if_the_old_session_ends(old_clean, new_clean, published):
    house = House()
    house.join("c", clean=old_clean, will=Will("will", b"gone"))
    watcher = house.join("watcher", ("will", 0))
    house.join("c", clean=new_clean)
    assert len(watcher.got()) == published


def test_the_will_comes_after_a_loss_and_not_after_a_disconnect():
    house = House()
    watcher = house.join("watcher", ("will", 2))
    will = Will("will", b"gone", 1, retain=True)
    house.join("a", will=will).leave()
    assert watcher.got() == []
    house.join("a", will=will).leave(orderly=False)
    assert watcher.got() == [("will", b"gone", 1, False)]
    assert house.join("late", ("will", 0)).got() == [("will", b"gone", 0, True)]


def test_an_empty_client_id_needs_a_clean_session_and_gets_a_name():
    house = House()
    first, second = house.join(""), house.join("")
    assert first.session.client_id != second.session.client_id
    assert house.router.connect(Connect("", clean_session=False), Link()) == Refusal(2)
    assert house.router.connect(Connect("", level=3), Link()) == Refusal(2)


@pytest.mark.parametrize(
    ("user", "password", "code"),
    [
        (None, None, 5),
        ("a", None, 4),
        ("a", b"wrong", 4),
        ("nobody", b"right", 4),
        ("a", b"\xff", 4),
        ("a", b"right", None),
    ],
)
def test_users(user, password, code):
    house = House(users={"a": "right"})
    answer = house.router.connect(Connect("c", username=user, password=password), Link())
    assert (answer.code if isinstance(answer, Refusal) else None) == code


def test_sessions_are_bounded():
    house = House(Limits(sessions=2))
    house.join("a")
    house.join("b", clean=False).leave()
    assert house.router.connect(Connect("c"), Link()) == Refusal(3)
    house.join("b")


def test_forgetting_loses_sessions_and_retained_messages():
    house = House()
    house.publish("t", retain=True)
    house.join("c", ("t", 1), clean=False).leave()
    house.router.forget()
    back = house.join("c", ("t", 1), clean=False)
    assert not back.present
    assert back.got() == []


# bounds and the journal


def test_lost_messages_are_counted_and_journalled_sparingly():
    house = House(Limits(queue=5))
    house.join("slow", ("t", 0))
    for _ in range(25):
        house.publish("t")
    assert [record.data["messages"] for record in house.records("broker.dropped")] == [1, 2, 4, 8, 16]


def test_every_message_is_journalled_with_bounded_text():
    house = House()
    house.publish("t", b"\xff" + b"y" * 9999, 1, retain=True)
    (record,) = house.records("broker.publish")
    assert record.kind is Kind.MESSAGE
    assert record.data == {
        "client": "publisher",
        "topic": "t",
        "qos": 1,
        "retain": True,
        "payload": "\ufffd" + "y" * 511,
    }


def test_a_topic_of_too_many_levels_reaches_nobody():
    house = House(Limits(levels=4))
    client = house.join("c", ("#", 0))
    assert house.publish("a/b/c/d/e", retain=True) == 0
    assert client.got() == []
