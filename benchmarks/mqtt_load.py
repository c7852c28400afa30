"""Load for an MQTT broker on raw sockets: many publishers, one subscriber, each in a process of its own.

`python -m benchmarks.mqtt_load publish PORT CLIENTS QOS SECONDS` and `... subscribe PORT QOS SECONDS`. Bytes are
made beforehand and answers only counted, so that the load costs less than the broker. A publisher of QoS 1 sends its
next message when the last one is acknowledged; of QoS 0 it sends as fast as TCP lets it.
"""

from __future__ import annotations

import selectors
import socket
import sys
import time

HOST = "127.0.0.1"
TOPIC = "fleet/%05d/event/tns:onvif/Device/tns:axis/IO/Port"
PAYLOAD = b'{"topic":"onvif:Device/axis:IO/Port","timestamp":1785325150144,"message":{"data":{"state":"0"}}}'
ACKNOWLEDGEMENT = 4
"""Bytes of a PUBACK, a CONNACK, and of a PINGREQ twice."""
BURST = 50
"""Messages of QoS 0 in one write."""


def _length(count: int) -> bytes:
    """Remaining length, of at most two bytes."""
    return bytes((count,)) if count < 128 else bytes((count & 0x7F | 0x80, count >> 7))


def _publish(client: int, qos: int) -> bytes:
    topic = (TOPIC % client).encode()
    body = len(topic).to_bytes(2, "big") + topic + (b"\0\1" if qos else b"") + PAYLOAD
    return bytes((0x30 | qos << 1,)) + _length(len(body)) + body


def _connected(port: int, name: str) -> socket.socket:
    sock = socket.create_connection((HOST, port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = b"\0\4MQTT\4\2\0\0" + len(name).to_bytes(2, "big") + name.encode()
    sock.sendall(b"\x10" + _length(len(body)) + body)
    if _exactly(sock, ACKNOWLEDGEMENT)[3]:
        raise SystemExit("the broker does not let the load in")
    return sock


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise SystemExit("the broker closed a connection")
        data += more
    return data


def publish(port: int, clients: int, qos: int, seconds: float) -> None:
    """Publish for so long once a line comes on standard input; prints how many messages were acknowledged or sent."""
    socks = [_connected(port, f"load-{client}") for client in range(clients)]
    selector = selectors.DefaultSelector()
    for client, sock in enumerate(socks):
        sock.setblocking(False)
        message = _publish(client, qos)
        selector.register(sock, selectors.EVENT_READ if qos else selectors.EVENT_WRITE, message)
    print("ready", flush=True)
    sys.stdin.readline()
    done = _answered(selector, seconds) if qos else _flooded(selector, seconds)
    print(done, flush=True)


def _answered(selector: selectors.BaseSelector, seconds: float) -> int:
    for key in selector.get_map().values():
        key.fileobj.send(key.data)  # type: ignore[union-attr]
    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for key, _ in selector.select(0.1):
            sock: socket.socket = key.fileobj  # type: ignore[assignment]
            done += len(sock.recv(4096)) // ACKNOWLEDGEMENT
            sock.send(key.data)
    return done


def _flooded(selector: selectors.BaseSelector, seconds: float) -> int:
    sent, end = 0, time.monotonic() + seconds
    left = {key.fd: key.data * BURST for key in selector.get_map().values()}
    while time.monotonic() < end:
        for key, _ in selector.select(0.1):
            sock: socket.socket = key.fileobj  # type: ignore[assignment]
            rest = left[key.fd]
            rest = rest[sock.send(rest) :]
            if not rest:
                sent += BURST
                rest = key.data * BURST
            left[key.fd] = rest
    return sent


def subscribe(port: int, qos: int, seconds: float) -> None:
    """Take and acknowledge everything for so long once a line comes; prints how many messages came then."""
    sock = _connected(port, "load-subscriber")
    sock.sendall(b"\x82\x0c\0\1\0\7fleet/#" + bytes((qos,)))
    _exactly(sock, 5)
    size = len(_publish(0, qos))
    print("ready", flush=True)
    sys.stdin.readline()
    sock.settimeout(0.1)
    print(_taken(sock, qos, size, seconds), flush=True)


def _taken(sock: socket.socket, qos: int, size: int, seconds: float) -> int:
    at = len(_publish(0, qos)) - len(PAYLOAD) - 2
    count, rest, end = 0, b"", time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            rest += sock.recv(1 << 16)
        except TimeoutError:
            continue
        whole = len(rest) // size
        if qos:
            ids = (rest[start + at : start + at + 2] for start in range(0, whole * size, size))
            sock.sendall(b"".join(b"\x40\x02" + number for number in ids))
        count += whole
        rest = rest[whole * size :]
    return count


def main() -> None:
    what, *numbers = sys.argv[1:]
    if what == "publish":
        port, clients, qos, seconds = map(int, numbers)
        publish(port, clients, qos, seconds)
    else:
        port, qos, seconds = map(int, numbers)
        subscribe(port, qos, seconds)


if __name__ == "__main__":
    main()
