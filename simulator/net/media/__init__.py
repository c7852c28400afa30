"""The sockets of RTP and RTCP, and the one ticker that sends for all streams of a fleet."""
