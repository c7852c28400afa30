"""The truth: state and behaviour of the devices. Knows no protocol, no socket, no coroutine.

Start at `device.py`: a `Device` is a composition of small components, each an ordinary object whose methods
change state and whose events say so. Time comes in as the fleet's clock, chance as named streams, and every
change goes out twice: as a typed event on the device's `EventBus` and as a record in the journal.
"""
