"""The broker's stores against slow oracles: subscriptions, retained messages, the queue of one client."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.site.broker.message import Delivery, Message
from simulator.site.broker.message_queue import MessageQueue
from simulator.site.broker.retained import Retained
from simulator.site.broker.subscription import Grant, Subscriptions
from simulator.wire.mqtt.topic import matches

levels = st.sampled_from(["a", "b", "", "$s"])
topics = st.lists(levels, min_size=1, max_size=4).map("/".join).filter(bool)
wild = st.lists(levels | st.just("+"), max_size=3)
patterns = wild.map("/".join).filter(bool) | wild.map(lambda parts: "/".join([*parts, "#"]))
grants = st.builds(Grant, st.integers(0, 2), st.booleans(), st.booleans(), st.just(()) | st.just((7,)))
changes = st.lists(st.tuples(st.booleans(), patterns, st.sampled_from("xyz"), grants), max_size=20)


@given(changes, topics)
def test_subscribers_are_those_a_search_through_all_filters_finds(changes, topic):
    tree, oracle = Subscriptions(), {}
    for added, pattern, client, grant in changes:
        tree.audience(topic)  # what is remembered must not outlive a change
        if added:
            tree.add(pattern, client, grant)
            oracle[client, pattern] = grant
        else:
            tree.remove(pattern, client)
            oracle.pop((client, pattern), None)
    audience = tree.audience(topic)
    for client in "xyz":
        held = [grant for (who, pattern), grant in oracle.items() if who == client and matches(pattern, topic)]
        assert seen(audience.everybody.get(client)) == summary(held)
        own = None if client not in audience.everybody else audience.selves.get(client, audience.everybody[client])
        if own is not None and own.no_local:
            own = None
        assert seen(own) == summary([grant for grant in held if not grant.no_local])


def seen(grant):
    return None if grant is None else (grant.qos, grant.as_published, len(grant.identifiers))


def summary(grants):
    """What one copy for all these subscriptions is like."""
    if not grants:
        return None
    return (
        max(grant.qos for grant in grants),
        any(grant.as_published for grant in grants),
        sum(len(grant.identifiers) for grant in grants),
    )


@given(st.lists(st.tuples(topics, st.binary(max_size=2)), max_size=20), patterns)
def test_retained_messages_are_those_a_search_through_all_topics_finds(stored, pattern):
    tree, oracle = Retained(100, 1 << 20), {}
    for topic, payload in stored:
        message = Message(topic, payload, retain=True)
        assert tree.store(message)
        oracle.pop(topic, None)
        if payload:
            oracle[topic] = message
    found = list(tree.matching(pattern))
    assert sorted(m.topic for m in found) == sorted(topic for topic in oracle if matches(pattern, topic))
    assert all(oracle[message.topic] is message for message in found)
    assert len(tree) == len(oracle)


def test_retained_store_is_bounded_by_count_and_cost_and_room_comes_back():
    tree = Retained(2, 1 << 20)
    assert [tree.store(Message(topic, b"x")) for topic in "abc"] == [True, True, False]
    tree.store(Message("a", b""))
    assert tree.store(Message("c", b"x"))
    small = Retained(100, 1000)
    assert not small.store(Message("a", b"x" * 2000))
    assert not small.store(Message("/" * 100, b"x")), "a deep topic costs more than its text"
    assert small.store(Message("a", b"x" * 500))


def delivery(text, qos):
    return Delivery(Message("t", text.encode(), qos), qos)


def drained(queue):
    found = []
    while (head := queue.head()) is not None:
        queue.pop()
        found.append(head.message.payload.decode())
    return found


def test_a_full_queue_drops_the_oldest_best_effort_first():
    queue = MessageQueue(4, 1000)
    for text, qos in (("a", 1), ("b", 0), ("c", 2), ("d", 0)):
        assert queue.push(delivery(text, qos))
    assert not queue.push(delivery("e", 1))
    assert not queue.push(delivery("f", 0))
    assert not queue.push(delivery("g", 1))
    assert queue.dropped == 3
    assert drained(queue) == ["a", "c", "e", "g"]
    for text in "hijkl":
        queue.push(delivery(text, 1))
    assert drained(queue) == ["i", "j", "k", "l"]


def test_bytes_are_bounded_too():
    queue = MessageQueue(100, 10)
    for text in ("aaaa", "bbbb", "cccc"):
        queue.push(delivery(text, 1))
    assert drained(queue) == ["bbbb", "cccc"]
    assert not queue.push(delivery("x" * 11, 1))
    assert drained(queue) == []


operations = st.lists(st.one_of(st.integers(0, 2), st.just("pop"), st.just("keep")), max_size=60)


@given(operations, st.integers(1, 6))
def test_queue_agrees_with_a_list(operations, most):
    queue, model, number = MessageQueue(most, 1 << 20), [], 0
    for operation in operations:
        if operation == "pop":
            head = queue.head()
            if head is not None:
                queue.pop()
            assert (head.message.payload, head.qos) == model.pop(0) if model else head is None
        elif operation == "keep":
            queue.keep_assured()
            model = [item for item in model if item[1]]
        else:
            number += 1
            queue.push(delivery(str(number), operation))
            model.append((str(number).encode(), operation))
            if len(model) > most:
                model.remove(next((item for item in model if item[1] == 0), model[0]))
        assert len(queue) == len(model)
    assert drained(queue) == [payload.decode() for payload, _ in model]


def test_an_overflowing_queue_does_not_grow_behind_its_count():
    queue = MessageQueue(10, 1 << 20)
    queue.push(delivery("first", 1))
    for number in range(10_000):
        queue.push(delivery(str(number), 0))
    assert len(queue) == 10
    assert len(queue._cells) < 100
