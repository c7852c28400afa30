"""Meaning: a request becomes a change of state, a change of state becomes messages.

One room per protocol. A face knows the device and the wire, and no socket: what it needs from the network
comes in through the protocols in `exchange.py` (HTTP), `transport.py` (streams and datagrams it opens itself).
"""
