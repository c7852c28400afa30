"""SIP: messages, typed headers, addresses, framing, digest, SDP, transactions, dialogs and the user agent, without I/O."""
