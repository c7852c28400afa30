"""What the two user manuals describe, chapter by chapter, and how much of it is simulated.

The chapters are those of the manuals of AXIS A9210 and AXIS C1410 Mk II on AXIS OS 12. `coverage.py` makes a page of
this. Change a row together with the code that makes it true.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

BOTH, IO, SPEAKER = ("A9210", "C1410"), ("A9210",), ("C1410",)


class Extent(StrEnum):
    """How much of a chapter is there."""

    YES = "yes"
    PART = "in part"
    NO = "not yet"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of one or both manuals."""

    title: str
    models: tuple[str, ...]
    extent: Extent
    told: str
    """What is there, and for a part what is not."""


_YES, _PART, _NO = Extent.YES, Extent.PART, Extent.NO

CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        "Get started: Find the device on the network", BOTH, _NO, "no discovery: no mDNS, SSDP or WS-Discovery"
    ),
    Chapter("Get started: Web interface", BOTH, _NO, "no pages; `/` answers as far as clients probe it"),
    Chapter(
        "Get started: Create an administrator account", BOTH, _YES, "the first account, and what answers before it"
    ),
    Chapter(
        "Get started: No one has tampered with the software",
        BOTH,
        _PART,
        "reset to factory default; no secure boot",
    ),
    Chapter("Configure: I/O ports", IO, _YES, "direction, normal state, name, supervision, port URLs"),
    Chapter("Configure: Relay", IO, _YES, "on, off, pulses, port URLs"),
    Chapter(
        "Configure: Remote speaker test",
        SPEAKER,
        _YES,
        "by API, control button and rule; the outcome follows from a small acoustic model in dB",
    ),
    Chapter(
        "Configure: SIP, peer-to-peer and through a server",
        SPEAKER,
        _YES,
        "calls over UDP, TCP and TLS with real sound; no NAT traversal by STUN, TURN or ICE",
    ),
    Chapter(
        "Configure: Rules for events, email, DTMF, call audio",
        BOTH,
        _YES,
        "every walk-through, by the services behind the web page; the page itself is not there",
    ),
    Chapter("Status", BOTH, _PART, "device information and LEDs; no synchronization state, no list of clients"),
    Chapter("Device: I/Os and relays", IO, _YES, "11 ports with the map of the device, loops in ohms, debounce"),
    Chapter(
        "Device: AXIS A9910 expansion modules", IO, _YES, "key, addresses, upgrade; no web page that lists them"
    ),
    Chapter("Device: Alarms", IO, _YES, "device motion, casing open, external tamper, supervised or not"),
    Chapter(
        "Peripherals: Sensors",
        IO,
        _YES,
        "Tibbo by its real map, Hugo by an invented one, custom by template; limits, status; no web page that lists them",
    ),
    Chapter("Audio: Audio Manager Edge, site security", SPEAKER, _NO, ""),
    Chapter(
        "Audio: Device settings",
        SPEAKER,
        _YES,
        "input on and off, gain and mute of both; gain control and equaliser are settings without an effect",
    ),
    Chapter("Audio: Stream", SPEAKER, _PART, "to and from the speaker over HTTP, echo cancellation; no RTSP"),
    Chapter(
        "Audio: Audio clips",
        SPEAKER,
        _YES,
        "au, wav, mp3, opus and Vorbis are heard as they are; factory clips are tones of their own",
    ),
    Chapter("Audio: Listen and record", SPEAKER, _PART, "the live stream over HTTP; nothing is recorded"),
    Chapter(
        "Audio: Speaker test",
        SPEAKER,
        _YES,
        "calibrate and run, every status word, result event; drivers break, things stand in the way, speakers are moved",
    ),
    Chapter(
        "Light", SPEAKER, _YES, "30 profiles, activities by priority, import and export; no siren: it has none"
    ),
    Chapter("Recordings", SPEAKER, _NO, ""),
    Chapter("Apps", BOTH, _PART, "a list of what ships; nothing can be installed"),
    Chapter("System: Date and time", BOTH, _PART, "clock, zone, time zone from DHCP; no NTP, NTS or PTP"),
    Chapter("System: Device location", BOTH, _NO, ""),
    Chapter(
        "System: Network, IPv4", BOTH, _YES, "DHCP on the wire, static, static fallback, link-local, 192.168.0.90"
    ),
    Chapter("System: Network, IPv6", BOTH, _PART, "parameters only; no address"),
    Chapter("System: Network, host name and DNS", BOTH, _PART, "settings; nothing is resolved or registered"),
    Chapter("System: HTTP and HTTPS", BOTH, _YES, "both, ports, policies per role, HSTS not yet"),
    Chapter(
        "System: Network discovery protocols", BOTH, _NO, "settings only; no Bonjour, UPnP, WS-Discovery, LLDP"
    ),
    Chapter("System: Global proxies", SPEAKER, _NO, ""),
    Chapter("System: One-click cloud connection", BOTH, _NO, ""),
    Chapter("System: SNMP", BOTH, _YES, "v1, v2c, v3 and traps, by parameters and REST; no rule engine sends any"),
    Chapter(
        "System: Certificates, keystore, cryptographic policy", BOTH, _NO, "one certificate that the bench makes"
    ),
    Chapter("System: IEEE 802.1X and MACsec", BOTH, _NO, "settings only"),
    Chapter("System: Prevent brute-force attacks", BOTH, _YES, "blocking by page and by site, with its event"),
    Chapter("System: Firewall", BOTH, _NO, ""),
    Chapter("System: Custom signed AXIS OS certificate", BOTH, _NO, "images that would need one are refused"),
    Chapter("System: Accounts", BOTH, _YES, "names, groups, roles, limits, digest secrets"),
    Chapter("System: Anonymous access", BOTH, _YES, "viewing without credentials"),
    Chapter("System: SSH accounts, virtual host, OpenID", BOTH, _NO, ""),
    Chapter(
        "System: Events, rules and recipients",
        BOTH,
        _PART,
        "rules by SOAP and REST; HTTP, HTTPS, email and TCP recipients; FTP, SFTP and shares are kept, not sent to",
    ),
    Chapter("System: Events, schedules", BOTH, _YES, "intervals and pulses, by SOAP and REST"),
    Chapter("System: Events, manual triggers", BOTH, _YES, "manual trigger and virtual inputs"),
    Chapter(
        "System: MQTT",
        BOTH,
        _YES,
        "client, messages, will, publications, subscriptions; TCP, TLS, WebSocket, ALPN, proxies, client certificates; "
        "no overlays",
    ),
    Chapter(
        "System: SIP",
        SPEAKER,
        _PART,
        "settings, accounts, DTMF, codecs, calls and VMS calls; STUN, TURN and ICE are settings only; no web page, no video",
    ),
    Chapter(
        "System: Multicast controller",
        SPEAKER,
        _YES,
        "sources, priorities and SRTP keys, by REST; pages are heard",
    ),
    Chapter("System: Storage", SPEAKER, _NO, ""),
    Chapter("System: ONVIF", SPEAKER, _NO, "no SOAP services, no accounts, no media profiles"),
    Chapter(
        "System: Detectors, audio detection", SPEAKER, _YES, "of what hands let the microphone hear; no indicator"
    ),
    Chapter("System: Logs", BOTH, _PART, "system, access and audit log, server report; no network trace"),
    Chapter("System: Remote system log", BOTH, _NO, "settings only"),
    Chapter("System: Plain config", BOTH, _YES, "the parameter tree by param.cgi"),
    Chapter("Maintenance: Restart, restore, factory default", BOTH, _YES, "with what each keeps"),
    Chapter(
        "Maintenance: AXIS OS upgrade",
        BOTH,
        _YES,
        "standard, factory default, autorollback; with images of the simulator, not with real ones",
    ),
    Chapter("Maintenance: AXIS OS rollback", BOTH, _YES, "to the former firmware with its settings"),
    Chapter("Troubleshoot: Ping, port check, network trace", BOTH, _NO, ""),
    Chapter(
        "Learn more: AXIS Door Monitoring",
        IO,
        _YES,
        "five doors with their alarms, set up by the bench; the application's page is not there",
    ),
    Chapter("Learn more: SIP", SPEAKER, _PART, "peer-to-peer and registered, DTMF, proxies; no NAT traversal"),
    Chapter(
        "Cybersecurity", BOTH, _PART, "signed images; no Edge Vault, secure boot, device ID or encrypted files"
    ),
    Chapter("Specifications: LED indicators", BOTH, _YES, "derived from the state of the device"),
    Chapter("Specifications: Control button", BOTH, _YES, "factory default; the cloud connection only by its LED"),
    Chapter(
        "Specifications: Microphone disable switch",
        SPEAKER,
        _YES,
        "moved by hands; with its event, and nothing is heard while it is off",
    ),
    Chapter("Specifications: PIR sensor", SPEAKER, _YES, "as a fact of the world with its event"),
    Chapter(
        "Specifications: Power and its priority",
        IO,
        _PART,
        "PoE and DC with the five rules of priority; no PoE classes, no currents",
    ),
    Chapter(
        "Specifications: I/O and relay connectors",
        IO,
        _YES,
        "as circuits, the relay with NO, NC and its jumper; currents are not modelled",
    ),
    Chapter("Specifications: RS485 connector", IO, _YES, "a bus with faults on the wire, in memory and over TCP"),
    Chapter("API commands", SPEAKER, _PART, "all but the debug archive and the network trace"),
    Chapter("Troubleshooting: Reset to factory default settings", BOTH, _YES, "button held while power comes"),
)
