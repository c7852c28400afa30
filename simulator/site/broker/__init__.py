"""The site's embedded MQTT broker: 3.1 and 3.1.1, scriptable, bounded, fair (MQTT sheet 3.5 and 3.6).

`router.py` and what it uses decide who gets what, without I/O; `connection.py`, `turn.py` and `server.py` carry it
over sockets; `script.py` holds what hands have ordered.
"""
