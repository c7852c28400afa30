"""Synchronous Python handles: a test engineer's hands on the bench.

Thin: every method is one control call, and each verb is one of the vocabulary in `simulator/action`. Nothing heavy
is imported here; the work is done in the engine.

    io = session.add("io-1", model="A9210")
    io.input(1).cut()
    io.expect.everywhere("tampering", within=2).wait()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import UnknownTarget

if TYPE_CHECKING:
    from simulator.expect.promise import Expect
    from simulator.fleet.sensor_handle import BusHandle, SensorHandle
    from simulator.fleet.session import Session


class Part:
    """A port, a relay or another part of a device, by its target path."""

    def __init__(self, session: Session, target: str) -> None:
        self._session = session
        self.target = target

    def _do(self, verb: str, **fields: Any) -> None:
        self._session.act({verb: {"target": self.target, **fields}})


class InputHandle(Part):
    """The wiring of one input: what an installer can do to the loop."""

    def cut(self) -> None:
        """Cut the cable: no current flows."""
        self._do("cut")

    def short(self) -> None:
        """Short the two conductors at the cable."""
        self._do("short")

    def open(self) -> None:
        """Open the contact at the end of the loop."""
        self._do("open")

    def close(self) -> None:
        """Close the contact at the end of the loop."""
        self._do("close")

    def restore(self) -> None:
        """Mend everything that was done to the wiring."""
        self._do("restore")

    def drift(self, to: str, *, over: str | None = None) -> None:
        """Let the loop's resistance drift to `to` (`5.1k`), at once or over a duration (`10m`)."""
        self._do("drift", to=to, **({} if over is None else {"over": over}))

    def chatter(self, *, period: str = "30ms", lasting: str = "1s") -> None:
        """Open and close the contact every `period` for a while."""
        self._do("chatter", period=period, **{"for": lasting})

    def corrode(self, to: str, *, over: str | None = None) -> None:
        """Let a terminal corrode to so much in series (`600`), at once or over a duration (`1h`)."""
        self._do("corrode", to=to, **({} if over is None else {"over": over}))

    def leak(self, to: str, *, over: str | None = None) -> None:
        """Let water into the cable until it leaks so much to ground (`4k`)."""
        self._do("leak", to=to, **({} if over is None else {"over": over}))

    def loosen(self, *, open_for: str = "200ms", every: str = "2s", lasting: str = "30s") -> None:
        """Let the loop part at chance moments."""
        self._do("loosen", open_for=open_for, every=every, **{"for": lasting})

    def fit(self, layout: str, **fields: Any) -> None:
        """Fit end-of-line resistors; what the device is set to stays: `fit("SerialFirst1k", second="4.7k")`."""
        self._do("fit", layout=layout, **fields)

    @property
    def state(self) -> dict[str, Any]:
        """The true state: resistance in ohms, circuit, supervised state."""
        return self._session.part_state(self.target)


class OutputHandle(Part):
    """An output or relay, read back at its terminals."""

    @property
    def state(self) -> dict[str, Any]:
        """The true state of the contact."""
        return self._session.part_state(self.target)

    @property
    def active(self) -> bool:
        return bool(self.state["active"])

    @property
    def closed(self) -> bool:
        return bool(self.state["closed"])


class RelayHandle(OutputHandle):
    """A form C relay, with a meter at its connector."""

    @property
    def contacts(self) -> dict[str, Any]:
        """What a meter reads, powered or not: `com_no`, `com_nc`, and the volts of NO and NC against ground."""
        read: dict[str, Any] = self.state["contacts"]
        return read

    def jumper(self, volts: int) -> None:
        """Fit the relay power jumper for 12 or 24 V on COM; 0 takes it off."""
        self._do("jumper", volts=volts)


class ModuleHandle(Part):
    """An AXIS A9910 on the line of a module."""

    def lose(self) -> None:
        """Its cable comes off the line."""
        self._do("module", do="lose")

    def bring_back(self) -> None:
        """It is on the line again."""
        self._do("module", do="return")

    def power_cut(self) -> None:
        self._do("module", do="power-cut")

    def power_restore(self) -> None:
        self._do("module", do="power-restore")

    def upgrade(self, firmware: str = "", *, fails: bool = False) -> None:
        """Have the head write firmware into it, by default the bundled one."""
        self._do("module", do="upgrade", fails=fails, **({"firmware": firmware} if firmware else {}))

    def remove(self) -> None:
        """Take it out of the head's list, with its ports."""
        self._do("module", do="remove")

    @property
    def state(self) -> dict[str, Any]:
        """As the head lists it: name, online, reason, firmware, ports."""
        device, _, address = self.target.split("/")
        modules: dict[str, dict[str, Any]] = self._session.snapshot(device)["modules"]
        if address not in modules:
            raise UnknownTarget("module", self.target, [f"{device}/module/{known}" for known in modules])
        return modules[address]

    @property
    def online(self) -> bool:
        return bool(self.state["online"])


class DeviceHandle:
    """One device of the bench: where it is, and what hands can do to it."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"  # a failing assertion prints it: no call for that

    # Where it is, and who it is

    @property
    def description(self) -> dict[str, Any]:
        """The device's entry of fleet.json, as of now."""
        return self._session.device(self.name)

    @property
    def address(self) -> str | None:
        """The address at which it answers now; None while it has none."""
        return self.description["address"]  # type: ignore[no-any-return]

    @property
    def url(self) -> str:
        return str(self.description["url"])

    @property
    def https_url(self) -> str:
        return str(self.description["https_url"])

    @property
    def serial(self) -> str:
        return str(self.description["serial"])

    @property
    def model(self) -> str:
        return str(self.description["model"])

    @property
    def firmware(self) -> str:
        return str(self.description["firmware"])

    @property
    def user(self) -> str:
        return str(self.description["credentials"]["user"])

    @property
    def password(self) -> str:
        return str(self.description["credentials"]["password"])

    def port(self, service: str) -> int:
        """Port of a service: `http`, `https`. Raises UnknownTarget with the known ones."""
        ports: dict[str, int] = self.description["ports"]
        if service not in ports:
            raise UnknownTarget("service", service, ports)
        return ports[service]

    @property
    def state(self) -> dict[str, Any]:
        """The true state, as the engine holds it: lifecycle, addresses, ports, firmware, LEDs."""
        return self._session.snapshot(self.name)

    # Hands

    def do(self, verb: str, **fields: Any) -> None:
        """Any verb of the vocabulary with this device as its target."""
        self._session.act({verb: {"device": self.name, **fields}})

    def press_button(self, duration: str = "1s") -> None:
        """Press the control button for that long."""
        self.do("press", **{"for": duration})

    def power_cut(self, source: str = "all") -> None:
        """Take the power away, `all` of it or one `source` (`poe`, `dc`): nothing orderly happens."""
        self.do("power", do="cut", source=source)

    def power_restore(self, source: str = "all") -> None:
        self.do("power", do="restore", source=source)

    def reboot(self) -> None:
        """Restart in order, as from the web page."""
        self.do("reboot")

    def unplug(self) -> None:
        """Pull the network cable."""
        self.do("unplug")

    def plug(self) -> None:
        self.do("plug")

    def upgrade(self, image: str = "right", **fields: Any) -> None:
        """Upgrade with an image of the kind named: `right`, `wrong-model`, `bad-signature`, `truncated`, ..."""
        self.do("upgrade", image=image, **fields)

    def fault(self, service: str, kind: str, **fields: Any) -> None:
        """A link fault on one of its services: `io.fault("http", "latency", delay="200ms")`."""
        self._session.act({"fault": {"on": f"{self.name}/{service}", "kind": kind, **fields}})

    def snmp_fault(self, kind: str, **fields: Any) -> None:
        """Let something go wrong at its SNMP agent: `device.snmp_fault("silent", count=3)`."""
        self.do("snmp", do=kind, **fields)

    def sip_fault(self, kind: str, **fields: Any) -> None:
        """Let something go wrong at its SIP: `speaker.sip_fault("answer", method="INVITE", status=503)`."""
        self.do("sip", do=kind, **fields)

    def clear_faults(self, service: str) -> None:
        """End the faults on one service."""
        self._session.act({"clear": f"{self.name}/{service}"})

    def dhcp(self, do: str, **fields: Any) -> None:
        """Tell the site's DHCP server how to treat this device: `lose`, `restore`, `nak`, `readdress`, ..."""
        self.do("dhcp", **{"do": do, **fields})

    def set(self, value: str, *, parameter: str = "", fact: str = "") -> None:
        """Change a parameter from inside, or a fact of the world: `io.set("yes", fact="relay/0")`."""
        self.do("set", value=value, **({"parameter": parameter} if parameter else {"fact": fact}))

    def hold(self, phase: str = "write") -> None:
        """Let the next upgrade stop in a phase until `release`."""
        self.do("hold", phase=phase)

    def release(self) -> None:
        """Let a held upgrade go on."""
        self.do("release")

    # Eyes

    @property
    def expect(self) -> Expect:
        """Expectations about this device."""
        return self._session.expect(self.name)


class IoModule(DeviceHandle):
    """An AXIS A9210. Ports are numbered by id as portmanagement.cgi numbers them: 0 to 10, from 11 on those of modules."""

    def input(self, port: int) -> InputHandle:
        return InputHandle(self._session, f"{self.name}/input/{port}")

    def output(self, port: int) -> OutputHandle:
        return OutputHandle(self._session, f"{self.name}/output/{port}")

    @property
    def relay(self) -> RelayHandle:
        """The form C relay, port 0."""
        return RelayHandle(self._session, f"{self.name}/relay/0")

    def shake(self, strength: int = 100) -> None:
        """Move or hit it, 1 to 100."""
        self.do("shake", strength=strength)

    def monitor_door(self, door: int, *, dps: int, rex: int | None = None, **times: str) -> None:
        """Let AXIS Door Monitoring watch a door: `monitor_door(1, dps=1, rex=7, open_too_long="20s", access="5s")`."""
        self.do("monitor-door", door=door, dps=dps, **({} if rex is None else {"rex": rex}), **times)

    def open_casing(self) -> None:
        self.do("casing", do="open")

    def close_casing(self) -> None:
        self.do("casing", do="close")

    def sensor(self, key: int | str) -> SensorHandle:
        """A Modbus sensor by name, or by its position from 1."""
        from simulator.fleet.sensor_handle import SensorHandle

        return SensorHandle(self._session, self.name, str(key))

    def bus(self, box: int = 0) -> BusHandle:
        """The RS-485 bus of a box: 0 is its own, N that of the module at address N."""
        from simulator.fleet.sensor_handle import BusHandle

        return BusHandle(self._session, self.name, box)

    def module(self, address: int) -> ModuleHandle:
        """The expansion module at an address."""
        return ModuleHandle(self._session, f"{self.name}/module/{address}")

    def add_module(self, address: int, name: str = "") -> ModuleHandle:
        """Mount an expansion module, if there is none at that address, and add it to the head."""
        module = self.module(address)
        fields = {"do": "add", **({"name": name} if name else {})}
        self._session.act({"module": {"target": module.target, **fields}})
        return module


class Speaker(DeviceHandle):
    """An AXIS C1410 Mk II."""

    @property
    def playing(self) -> bool:
        """Whether an audio clip plays."""
        return bool(self.state["audio"]["playing"])

    @property
    def heard(self) -> str:
        """The source that is heard: SIP, VAPIXAudio, VAPIXMediaClip, the id of a page, or silence."""
        return str(self.state["audio"]["heard"] or "silence")

    def sound(self, seconds: float = 2.0) -> bytes:
        """A WAV file of what the loudspeaker played last, at most 30 seconds."""
        return self._session.sound(self.name, seconds)

    def hearing(self, seconds: float = 1.0, tone: float | None = None) -> dict[str, Any]:
        """That sound in figures: `level`, `strongest` with hertz and level, `tone_level`; levels in dBFS."""
        return self._session.hearing(self.name, seconds, tone)

    def hear(self, *, tone: float | None = None, level: float | None = None, file: str = "") -> None:
        """Let the microphone hear a tone in Hz or a recording, so loud in dBFS; without either, silence."""
        what: dict[str, Any] = (
            {"tone": tone} if tone is not None else {"file": file} if file else {"silence": True}
        )
        self.do("hear", **what, **({} if level is None else {"level": level}))

    @property
    def light(self) -> str:
        """The color of the front LED, or off."""
        return str(self.state["speaker"]["light"])

    @property
    def speaker_test(self) -> str:
        """The status word of the speaker test."""
        return str(self.state["speaker"]["speaker_test"])

    def play(self, clip: str, *, repeat: int = 0, volume: int = 100) -> None:
        """Play a clip by name, file or number."""
        self.do("clip", do="play", name=clip, repeat=repeat, volume=volume)

    def stop_clip(self) -> None:
        self.do("clip", do="stop")

    def switch_microphone(self, on: bool) -> None:
        """Move the mechanical switch."""
        self.do("microphone", do="on" if on else "off")

    def acoustics(self, do: str, **fields: Any) -> None:
        """`break-driver`, `tear-driver`, `mend-driver`, `obstruct`, `unobstruct`, `move`."""
        self.do("acoustics", do=do, **fields)

    def run_speaker_test(self, do: str = "run") -> None:
        """`run` or `calibrate`; `stuck`, `failing` and `working` change its software."""
        self.do("speaker-test", do=do)

    def start_light(self, profile: str) -> None:
        self.do("light", do="start", profile=profile)

    def stop_light(self, profile: str) -> None:
        self.do("light", do="stop", profile=profile)


HANDLES: dict[str, type[DeviceHandle]] = {"A9210": IoModule, "C1410": Speaker}
