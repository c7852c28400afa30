"""The telephony of a site: its SIP registrar and proxy, and phones that hands use.

What they say is decided without I/O in `wire/sip`; here are sockets, time and sound, and what the journal is told.
"""
