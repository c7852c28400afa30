"""The transports of SIP user agents: UDP, TCP and TLS of one address (RFC 3261 section 18).

Nothing in here knows a device or a call: the speaker, the site's registrar and its phone stand on the same sockets.
"""
