"""All benchmarks, one after the other: `python -m benchmarks`."""

from __future__ import annotations

from benchmarks import broker, http, modbus, rtp, sip, sip_speaker, snmp, start

start.run()
http.run()
snmp.run()
sip.run()
sip_speaker.run()
modbus.run()
broker.run()
rtp.run()
