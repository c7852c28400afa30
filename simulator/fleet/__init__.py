"""The engine process and what drives it.

In the engine: `engine.py` (the child process), `bench.py` (one fleet: clock, chance, journal, net, site, hosts),
`host.py` (one device with its faces and sockets), `hands/` (actions applied), `control/` (the HTTP API).
Beside the client under test: `child.py` (starts and ends the engine), `wire.py` (HTTP over a Unix socket),
`handle.py` (synchronous Python handles). The second group imports nothing heavy: it lives in the process of
whoever tests.
"""
