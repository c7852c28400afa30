"""What passes through the network interface, counted where the sockets are.

The bench sees the payload of TCP connections and UDP datagrams of this device, not its frames: octets are payload with
the headers that such a packet would have, packets are pieces as they were read and written.
"""

from __future__ import annotations

from dataclasses import dataclass

UDP_OVERHEAD = 42
"""Octets of Ethernet, IPv4 and UDP headers."""
TCP_OVERHEAD = 66
"""The same with a TCP header and its time stamps."""


@dataclass(slots=True)
class Traffic:
    """Counts since the interface was made. A reader of 32 bits takes the lowest 32."""

    in_octets: int = 0
    out_octets: int = 0
    in_segments: int = 0
    out_segments: int = 0
    in_datagrams: int = 0
    out_datagrams: int = 0
    accepted: int = 0
    """TCP connections that clients opened."""
    dialled: int = 0
    """TCP connections that the device opened."""
    standing: int = 0
    """TCP connections that are open now."""

    @property
    def in_packets(self) -> int:
        return self.in_segments + self.in_datagrams

    @property
    def out_packets(self) -> int:
        return self.out_segments + self.out_datagrams

    def segment_in(self, octets: int) -> None:
        """A piece of a TCP connection came in."""
        self.in_segments += 1
        self.in_octets += octets + TCP_OVERHEAD

    def segment_out(self, octets: int) -> None:
        """A piece of a TCP connection went out."""
        self.out_segments += 1
        self.out_octets += octets + TCP_OVERHEAD

    def datagram_in(self, octets: int) -> None:
        """A UDP datagram came in."""
        self.in_datagrams += 1
        self.in_octets += octets + UDP_OVERHEAD

    def datagram_out(self, octets: int) -> None:
        """A UDP datagram went out."""
        self.out_datagrams += 1
        self.out_octets += octets + UDP_OVERHEAD
