"""What differs between firmwares and products beyond parameters, APIs and events, and every value that is a guess.

The values stand in `fixtures/profiles/<model>/<firmware>/quirks.yaml`, each with a remark on where it is known
from; a field has no default here, so that no value hides in the code. Durations are device seconds unless said
otherwise.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from simulator.device.audio_quirks import AudioQuirks
from simulator.device.sip_agent_quirks import SipAgentQuirks
from simulator.device.sip_quirks import SipQuirks


class ModbusQuirks(BaseModel):
    """Sensors on RS-485 ports: counts of the manual, and the polling master (Modbus sheet 1.8)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    own_sensors: int
    """Sensors on the device's own port."""
    module_sensors: int
    """Sensors on the port of one expansion module."""
    all_sensors: int
    """Sensors in all."""
    read_interval: float
    """Seconds between two polls of a sensor that names none."""
    answer_timeout: float
    """Seconds for an answer."""
    retries: int
    """How often a request is sent again."""
    offline_after: int
    """Failed polls in a row that make a sensor offline."""
    online_after: int
    """Good polls in a row that make it online."""
    widest_gap: int
    """Unwanted registers that are read along to save a request."""
    resynchronises: bool
    """Finds a good answer behind rubbish; otherwise the first byte must be its own."""


class PatternQuirks(BaseModel):
    """What one pattern of a light takes (audio sheet 6.1, getCapabilities)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speeds: tuple[int, ...]
    """Speeds it knows, ascending; a pattern that does not move has one."""
    fewest_colors: int
    most_colors: int
    period: float
    """Seconds of one repetition at speed 1."""


class LightQuirks(BaseModel):
    """The light of a product (audio sheet 6)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    patterns: dict[str, PatternQuirks]
    colors: tuple[str, ...]
    intensities: tuple[int, ...]
    """Ascending."""
    default_speed: int
    default_priority: int
    poe_class: str
    """Class of PoE that the device draws."""
    health_check: bool
    """runHealthCheck is supported."""
    health_check_seconds: float
    maintenance_mode: bool
    """setMaintenanceMode is supported."""
    own_pattern: str
    """Pattern of what the device starts itself: identify, health check, maintenance."""
    own_color: str


class AcousticsQuirks(BaseModel):
    """Sound between a speaker's driver and its microphone, and how the speaker test judges it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    direct_gain: float
    """dB of what reaches the microphone inside the housing and around it."""
    echo_gain: float
    """dB of an echo over one metre of way."""
    wall: float
    """Metres to the next wall until somebody moves the speaker."""
    torn_loss: float
    torn_below: float
    """A torn cone loses so many dB below so many Hz."""
    test_tones: tuple[float, ...]
    """Hz of the tones of a speaker test, in the order in which they sound."""
    test_level: float
    """dBFS of each."""
    test_tolerance: float
    """dB by which a tone may be off its calibrated level."""
    noise: float
    """dBFS below which the microphone hears nothing but itself."""


class MulticastQuirks(BaseModel):
    """The audio multicast controller of a speaker (audio sheet 7.1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    most_priorities: int
    """Sources in all, the internal ones among them."""
    default_address: str
    default_port: int
    """Where a source listens that was added without saying so."""
    profiles: dict[str, float]
    """Latency profiles: seconds of sound that are buffered; the first is the default."""
    idle_seconds: float
    """Wire seconds without a packet after which a source has ended."""
    state_inactive: str
    state_active: str
    state_suppressed: str
    """Words of the event SourceState."""


class Quirks(BaseModel):
    """Typed values of one profile (core sheet 2.6, 7.4; network sheet 17; MQTT sheet 3.1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Accounts and authentication
    first_account: Literal["root_only", "any"]
    """Which name the first administrator may have: `root` alone below 11.5."""
    account_limit: int
    """Accounts a device takes."""
    pwdroot_cgi: bool
    """Serves the old `pwdroot/pwdroot.cgi` for the first password."""
    pwdgrp_users_line: bool
    """`pwdgrp.cgi?action=get` has a `users=` line too, as one of many system groups."""
    passphrase_policy: Literal["none", "length", "complex"]
    """Factory rule for new passwords."""
    preview_mode_seconds: int
    """Limited viewing without an account after a factory default; 0 where the firmware reports none."""
    masked_secret: str
    """What a parameter list shows for a password."""
    nonce_lifetime: float
    """Device seconds until a digest nonce is stale."""
    digest_bare_backslash: bool
    """Takes a digest uri whose backslashes are not escaped as in a quoted string; stock mod_auth_digest says 401."""
    password_failure_seconds: float
    """Wire seconds that a wrong password costs while password throttling is on: the client waits in its own time."""
    starting_status: int
    """HTTP status of all but systemready while the device is starting."""
    blocked_status: int
    """HTTP status for a client address blocked after too many wrong passwords."""
    https_only_get_status: int
    """HTTP status of a GET over plain HTTP where the policy asks for HTTPS; 301 redirects."""
    https_only_post_status: int
    """The same for a POST, which no client follows."""
    ws_session_token_seconds: float
    """Wire seconds a token of `wssession.cgi` is good for."""

    # HTTP
    server_header: str
    """`Server` with versions."""
    server_header_bare: str
    """`Server` while `System.HTTPServerTokens` is off."""
    security_headers: dict[str, str]
    """Headers on every answer."""
    upgrade_h2: bool
    """Plain HTTP answers offer `Upgrade: h2`."""
    param_list_content_type: str
    api_discovery_content_type: str
    systemready_fields: tuple[str, ...]
    """Fields of the ready answer, in order; the version is that of the API `systemready`."""
    network_info_omits: tuple[str, ...]
    """Keys that `getNetworkInfo` of this firmware does not have."""
    network_info_dot1x_modes: tuple[str, ...]
    """802.1X modes that `getNetworkInfo` offers."""
    server_report_seconds: float
    """How long `serverreport.cgi` works."""
    port_error_status: int
    """HTTP status of `io/port.cgi` for an unknown port or bad syntax."""
    monitor_keep_alive: float
    """Wire seconds of silence after which the port monitor sends an empty part."""

    # Life
    stopping_seconds: float
    """From the restart command until the network is gone; the old bootid still answers `yes`."""
    boot_seconds: float
    """Without network, until ports open."""
    boot_jitter_seconds: float
    """At most so much longer, so that a fleet does not act in one millisecond."""
    starting_seconds: float
    """Ports open, `systemready` says `no`."""
    default_extra_seconds: float
    """What a factory default adds to the time without network."""
    upgrade_verify_seconds: float
    """Checking an image; the upgrade request is still open."""
    upgrade_write_seconds: float
    """Writing an image; the upgrade request is still open."""
    upgrade_boot_seconds: float
    """Without network after an upgrade."""
    autorollback_minutes: float
    """Until an uncommitted firmware goes back, where the request names no time."""
    missing_lts_code: int
    """Error code of `firmwaremanagement.cgi` for a skipped LTS step."""
    default_button_seconds: float
    """How long the control button is held for a factory default."""
    green_after_start_seconds: float
    """How long the status LED shows a completed start."""
    status_led_order: tuple[str, ...]
    """Rows of the manual's table for the status LED, the one that wins over all others first (`led.py`)."""

    # Network
    fallback_address: Literal["link_local", "legacy"]
    """Where no DHCP server answers: 169.254/16, or 192.168.0.90/24 beside a link-local address."""
    fallback_delay: float
    """From the first DISCOVER to the fallback."""
    static_conflict_probe: bool
    """Tests a static address for a conflict before it is used."""
    static_fallback_scope: Literal["link", "global"]
    """Scope of the static address while it stands in for DHCP."""
    address_apply_delay: float
    """From the request that sets an address until it is in force."""
    dhcp_retry: Literal["udhcpc", "rfc"]
    """Rhythm of DISCOVER: three 3 s apart, then 20 s pause; or doubling from 4 s."""
    dhcp_start_delay: tuple[float, float]
    """Shortest and longest wait before the first DISCOVER."""
    dhcp_parameter_request: tuple[int, ...]
    """Option 55, in order."""

    # I/O and sound
    debounce: float
    """How long a loop must read a new state before the port follows."""
    input_threshold_ohms: float
    """Without supervision an input takes a loop below this for closed."""
    level_noise: int
    """Counts by which a told level strays from the true one, up or down."""
    cloud_flash_seconds: float
    """How long the status LED flashes after a press of the button for a cloud connection."""
    virtual_inputs: int
    """Number of virtual inputs."""
    clip_seconds: float
    """Playing time of a clip whose file says none."""
    speaker_test_seconds: float
    """Duration of a speaker test, and of its calibration."""
    acoustics: Annotated[AcousticsQuirks | None, BeforeValidator(lambda value: None if value == "none" else value)]
    """`none` where there is no loudspeaker."""
    output_gain_range: tuple[int, int]
    """Lowest and highest gain of the audio output, in dB."""
    audio: Annotated[AudioQuirks | None, BeforeValidator(lambda value: None if value == "none" else value)]
    """`none` where there is no sound."""

    # Expansion modules
    module_firmware: str
    """Version of AXIS A9910 firmware that is bundled; empty means the head's own version."""
    module_old_firmware_works: bool
    """A module with older firmware than the bundled one works until it is upgraded."""
    module_level_told: bool
    """The converter levels of a module's inputs can be read; a recorded firmware said 4294967295 for all of them."""
    module_lost_seconds: float
    """Until a module that does not answer is offline."""
    module_found_seconds: float
    """Until a module that answers again is online."""
    module_upgrade_seconds: float
    """How long an upgrade takes a module offline."""

    # Housing
    casing_name: str
    """`Name` in the event `Casing/Open`."""
    sensor_celsius: tuple[float, ...]
    """What temperature sensors S0, S1, ... read, in degrees Celsius."""
    missing_disk_disruption: bool
    """What `Storage/Disruption` says of a disk that is not connected."""
    missing_disk_figure: int
    """What `Storage/Alert` says of its temperature, wear and health."""

    # Alarms
    alarms_on: tuple[str, ...]
    """Switches of alarms that are on in factory state, by parameter (`alarm.py`)."""
    alarm_daemon: str
    """Who writes the lines about alarms into the system log."""
    shock_hold_off: float
    """How long no second shock is told."""
    shock_sensitivity: int
    """Sensitivity of shock detection in factory state, 0 to 100."""
    external_tamper_port: int
    """Input that stands for the contact of an outer cabinet, in factory state."""

    # Door monitoring
    door_application: str
    """Package name of AXIS Door Monitoring in the list of applications."""
    door_application_version: str
    """Its version there."""
    door_token: str
    """`DoorToken` of a monitored door in events; `{number}` is its number."""
    door_idle_mode: str
    """`DoorMode` while no access is granted: there is no lock."""

    # Modbus sensors
    modbus: Annotated[ModbusQuirks | None, BeforeValidator(lambda value: None if value == "none" else value)]
    """`none` where there is no RS-485 port."""

    # Calls
    sip: Annotated[SipQuirks | None, BeforeValidator(lambda value: None if value == "none" else value)]
    """`none` where there is no call service."""
    sip_agent: Annotated[SipAgentQuirks | None, BeforeValidator(lambda value: None if value == "none" else value)]
    """`none` likewise."""

    # Light
    light: Annotated[LightQuirks | None, BeforeValidator(lambda value: None if value == "none" else value)]
    """`none` where there is no signalling light."""

    # Multicast
    multicast: Annotated[MulticastQuirks | None, BeforeValidator(lambda value: None if value == "none" else value)]
    """`none` where there is no audio multicast controller."""

    # MQTT client
    mqtt_client_id: str
    """Factory client id; `{serial}` is the device's."""
    mqtt_backoff_first: float
    """Wire seconds before the first new attempt; each further one waits twice as long."""
    mqtt_backoff_longest: float
    """Wire seconds between attempts at most."""
    mqtt_queue_limit: int
    """QoS 1 and 2 messages kept while disconnected; the oldest goes first."""
    mqtt_filter_limit: int
    """Publication filters, and subscription filters, that the device takes."""
    mqtt_request_limit: int
    """Bytes of a request to mqtt/client.cgi or mqtt/event.cgi, at most; more is error 2106."""

    # Rules for events
    rule_limit: int
    """Action rules a device takes."""
    recipient_limit: int
    """Recipients it keeps."""
    action_configuration_limit: int
    """Action configurations it keeps."""
    schedule_limit: int
    """Schedules and pulses it keeps."""
    rule_pace_seconds: float
    """What passes at least between an action and the one that its event calls for."""

    notification_timeout: float
    """Wire seconds for a connection to a recipient, and again for each of its answers."""
    notification_user_agent: str
    """`User-Agent` of notifications by HTTP."""

    # SNMP
    snmp_object_id: str
    """`sysObjectID`, also the enterprise of generic traps."""
    snmp_sys_name: Literal["host_name", "empty"]
    """`sysName` until it is set."""
    snmp_loopback_mtu: int
    """`ifMtu` of `lo`."""
    snmp_if_x_table: bool
    """Serves ifXTable."""
    snmp_host_resources: bool
    """Serves HOST-RESOURCES-MIB."""
    snmp_too_big: bool
    """Answers tooBig where an answer does not fit; net-snmp stays silent."""
    snmp_v3_least_level: Literal["noAuthNoPriv", "authNoPriv", "authPriv"]
    """The level from which the user of v3 is given anything."""
    snmp_privacy: tuple[Literal["DES", "AES-128", "AES-192", "AES-256", "AES-192-Reeder", "AES-256-Reeder"], ...]
    """Privacy protocols that the user of v3 may use."""
    snmp_trap_version: Literal["newest", "v1", "v2c"]
    """Version of traps where v1 and v2c are both on: `newest` is v2c."""
    snmp_trap_enterprise: bool
    """Generic traps of v2c carry snmpTrapEnterprise."""
    snmp_alarm_id_type: Literal["gauge", "integer"]
    """Type of alarmID: Unsigned32 as the MIB says, or INTEGER as some devices send."""
    snmp_auth_trap_seconds: float
    """At most one authenticationFailure in so many device seconds."""
    snmp_apply_seconds: float
    """Device seconds from a change of the settings until the agent restarts with them."""
    snmp_restart_trap: Literal["cold", "warm"]
    """What an agent sends that restarts without a boot."""
    snmp_memory: tuple[int, int]
    """Total and used memory in kB."""
    snmp_flash: tuple[int, int]
    """Total and used flash in kB."""
    snmp_load: str
    """Load averages as the device writes them."""
    snmp_cpu: int
    """CPU utilisation in percent."""
