"""The only sockets, TLS and event loop: socket provider, acceptor, datagrams, HTTP server, link faults."""
