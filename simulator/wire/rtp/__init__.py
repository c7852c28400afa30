"""RTP and RTCP without sockets: packets, statistics, playout, telephone events, SRTP (RFC 3550, 3551, 3711, 4733)."""
