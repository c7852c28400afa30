"""Observers written by others, in a process of their own.

What `expect: mqtt` sees comes from aiomqtt on the real broker, what `expect: vapix` and `expect: stream` see from
aiohttp's client on the real device: our own mistakes show. `service.py` is the process; the runner and the
pytest plugin talk to it as they talk to the engine. Nothing in here knows the simulator's insides: it gets
fleet.json, like any other client.
"""
