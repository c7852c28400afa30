"""One device: the composition of its components, and nothing else.

A component is an ordinary object that takes the device (or the few parts of it that it needs), changes state
through methods, publishes what changed on `events` and journals it with `note`. Which components a product has
beyond those of every network device is decided by its model (`model.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.device.account import Account, Accounts
from simulator.device.button import ControlButton
from simulator.device.certificate import Certificates
from simulator.device.enclosure import Enclosure
from simulator.device.event import EventBus
from simulator.device.firmware import Firmware
from simulator.device.identity import Identity
from simulator.device.lifecycle import Lifecycle, Phase
from simulator.device.log import Logs
from simulator.device.model import EQUIP
from simulator.device.mqtt_configuration import MqttConfiguration
from simulator.device.network import Network
from simulator.device.parameter import ParameterStore
from simulator.device.port import Ports
from simulator.device.power_supply import PowerSupply
from simulator.device.relay import Relays
from simulator.device.rule.engine import Rules
from simulator.device.sensor import Sensors, SensorSettings
from simulator.device.snmp import SnmpSettings
from simulator.device.storage import Storage
from simulator.device.time_setting import TimeSetting
from simulator.device.traffic import Traffic
from simulator.device.virtual_input import VirtualInputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.acoustics import Acoustics
    from simulator.device.alarm import Alarms
    from simulator.device.audio import Audio
    from simulator.device.audio_mixer import AudioMixer
    from simulator.device.call_service import CallService
    from simulator.device.calls import Calls
    from simulator.device.clip import Clips
    from simulator.device.door_monitoring import DoorMonitoring
    from simulator.device.expansion import Expansion
    from simulator.device.light.light import Light
    from simulator.device.microphone import Microphone
    from simulator.device.motion import MotionSensor
    from simulator.device.multicast import MulticastController
    from simulator.device.profile import Product, Profile
    from simulator.device.rule.template import RuleSet
    from simulator.device.speaker_test import SpeakerTest
    from simulator.device.world import World
    from simulator.journal import Kind, Record


@dataclass(frozen=True, slots=True)
class Settings:
    """What a device is set to, as a firmware rollback restores it (core sheet 4.2)."""

    parameters: dict[str, str]
    accounts: tuple[Account, ...]
    mqtt: Any
    sensors: tuple[tuple[int, SensorSettings], ...] = ()
    calls: Any = None
    rules: RuleSet | None = None


class Device:
    """A virtual device. New, it is OFF and in factory state.

    `number` tells it from all others of the fleet and is what its identity grows from; `translate` maps an address
    as a real network has it to the one this machine can bind.
    """

    def __init__(
        self, name: str, number: int, profile: Profile, world: World, translate: Callable[[str], str]
    ) -> None:
        self.name = name
        self.number = number
        self.profile = profile
        self.world = world
        self.identity = Identity.derive(number, world.chance)
        self.parameters = ParameterStore(profile.parameters)
        self._stamp_identity(profile)
        self.events = EventBus(world, name, profile.catalogue)
        self.logs = Logs(world, self)
        self.accounts = Accounts(self.identity.realm, profile.quirks)
        self.lifecycle = Lifecycle(self)
        self.power = PowerSupply(self)
        self.firmware = Firmware(self)
        self.time = TimeSetting(self)
        self.network = Network(self, translate)
        self.traffic = Traffic()
        self.snmp = SnmpSettings(self)
        self.mqtt = MqttConfiguration(self)
        self.certificates = Certificates(self)
        self.virtual_inputs = VirtualInputs(self)
        self.ports = Ports(self)
        self.relays = Relays(self)
        self.enclosure = Enclosure(self)
        self.storage = Storage(self)
        modbus = profile.quirks.modbus
        self.sensors: Sensors | None = None if modbus is None else Sensors(self, modbus)
        self.clips: Clips | None = None
        self.audio: Audio | None = None
        self.microphone: Microphone | None = None
        self.audio_mixer: AudioMixer | None = None
        self.speaker_test: SpeakerTest | None = None
        self.motion: MotionSensor | None = None
        self.call_service: CallService | None = None
        self.acoustics: Acoustics | None = None
        self.light: Light | None = None
        self.multicast: MulticastController | None = None
        self.alarms: Alarms | None = None
        self.door_monitoring: DoorMonitoring | None = None
        self.expansion: Expansion | None = None
        self.rules = Rules(self)
        self.button = ControlButton(self)
        EQUIP[profile.model](self)
        self.lifecycle.on_phase(self._phase_changed)
        self.lifecycle.on_default(self._defaulted)
        self.accounts.on_change(self._accounts_changed)

    @property
    def product(self) -> Product:
        """What the type label says."""
        return self.profile.product

    @property
    def needs_setup(self) -> bool:
        """No account exists: factory state, as systemready reports it (core sheet 1.6)."""
        return self.accounts.empty

    @property
    def calls(self) -> Calls | None:
        """The calls of a speaker; None where the product makes none."""
        return None if self.call_service is None else self.call_service.calls

    def note(self, kind: Kind, what: str, **data: Any) -> Record:
        """Write a record about this device into the journal."""
        return self.world.journal.append(kind, self.name, what, **data)

    def start(self) -> None:
        """The event system starts: every stateful component publishes its states."""
        if self.expansion is not None:
            self.expansion.publish_states()
        always = (self.ports, self.virtual_inputs, self.enclosure, self.storage, self.mqtt)
        for component in (
            *always,
            self.clips,
            self.audio,
            self.microphone,
            self.motion,
            self.alarms,
            self.door_monitoring,
            self.call_service,
            self.multicast,
        ):
            if component is not None:
                component.publish_states()
        self.rules.start()

    def install(self, profile: Profile) -> None:
        """Be on another firmware: its parameters, events and quirks. Changed settings stay where it has them."""
        before, after = ({d.name for d in each.identity_templates} for each in (self.profile, profile))
        self.profile = profile
        self._stamp_identity(profile)
        self.parameters.rebase(profile.parameters, without=before - after)
        self.events.catalogue = profile.catalogue
        self.accounts.rules = profile.quirks

    def save_settings(self) -> Settings:
        """The settings as they are, for the day this firmware is loaded again."""
        sensors = () if self.sensors is None else self.sensors.snapshot()
        calls = None if self.call_service is None else self.call_service.snapshot()
        parameters, accounts = self.parameters.snapshot(), self.accounts.snapshot()
        rules = self.rules.store.content
        return Settings(parameters, accounts, self.mqtt.snapshot(), sensors, calls, rules)

    def restore_settings(self, settings: Settings) -> None:
        """Be set as a snapshot says."""
        self.parameters.restore(settings.parameters)
        self.accounts.restore(settings.accounts)
        self.mqtt.restore(settings.mqtt)
        if self.sensors is not None:
            self.sensors.restore(settings.sensors)
        if self.call_service is not None and settings.calls is not None:
            self.call_service.restore(settings.calls)
        if settings.rules is not None:
            self.rules.store.replace_all(settings.rules)

    def _phase_changed(self, phase: Phase) -> None:
        """The interface is up from STARTING on, and the logs of a boot end with it: they live in memory."""
        if phase in (Phase.STARTING, Phase.RUNNING):
            if not self.network.running:
                self.network.bring_up()
        elif phase is not Phase.STOPPING and self.network.running:
            self.network.take_down()
        if phase is Phase.BOOTING:
            self.logs.clear()

    def _accounts_changed(self) -> None:
        """`System.RootPwdSet` says no until the first administrator exists (core sheet A.4)."""
        self.parameters.put("System.RootPwdSet", "no" if self.accounts.empty else "yes")

    def _defaulted(self, hard: bool) -> None:
        self.mqtt.reset()
        self.certificates.clear()

    def _stamp_identity(self, profile: Profile) -> None:
        for definition in profile.identity_definitions(self.identity):
            self.parameters.define(definition)
