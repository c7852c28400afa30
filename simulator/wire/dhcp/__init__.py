"""DHCP without I/O: messages (RFC 2131, 2132, 3396), client, scripted server; link-local addresses (RFC 3927)."""
