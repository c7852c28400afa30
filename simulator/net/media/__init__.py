"""The sockets of RTP and RTCP, and the one ticker that sends for all streams of a fleet.

engine.py     one per fleet: opens streams, joins multicast groups
session.py    one stream in both directions   group.py  one multicast group that is heard
ticker.py     20 ms for everybody             ports.py  which pair of ports a stream gets
latch.py      whose packets are believed      security.py  SRTP over re-INVITEs
departure.py  how packets leave while faults act
"""
