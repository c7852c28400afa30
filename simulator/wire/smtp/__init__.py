"""Mail: the client that hands a message to a server (RFC 5321), and the message (RFC 5322)."""
