"""The net floor: the only sockets, TLS contexts and event loop callbacks of the devices.

    address.py     which wire address a device has on this host, and what it claims
    capability.py  what this machine can do, printed at start and in the report
    provider.py    makes every socket; the only thing that knows the mode
    pacer.py       drives the devices' clock on the event loop, and settles it (activity.py counts what moves)
    acceptor.py    one TCP listener           datagram.py  one UDP socket
    line.py        one connection, with the pipes (pipe.py) that carry stream faults in both directions
    patchbay.py    all lines and openings of the fleet by device and service: cable pull, reset, faults
    http_server.py one aiohttp server for the fleet (http_exchange.py: one request; http_answer.py, http_body.py,
                   http_channel.py: its parts)
    dialer.py      connections a device opens  tls.py       certificates and contexts
    fault/         one link fault per file

A device is told what happens through callbacks; nothing here knows what a device is.
"""
