"""The parameter store: what may be written, who hears of it, and what each reset leaves."""

from __future__ import annotations

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from simulator.device.parameter import LONGEST_VALUE, Definition, Level, ParameterStore, Refused, Survival
from simulator.device.profile import load_profile

RESTART = frozenset({Survival.RESTART, Survival.RESTORE, Survival.ALWAYS})
RESTORE = frozenset({Survival.RESTORE, Survival.ALWAYS})
DEFAULT = frozenset({Survival.ALWAYS})


def store(*definitions: Definition) -> ParameterStore:
    return ParameterStore({d.name: d for d in definitions})


BASE = (
    Definition("A.Actual", "", survival=Survival.VOLATILE),
    Definition("A.Setting", "one", longest=8),
    Definition("A.Address", "192.168.0.90", kind="ip", survival=Survival.RESTORE),
    Definition("A.Boots", "0", kind="int", minimum=1, survival=Survival.ALWAYS),
)


@pytest.mark.parametrize(
    ("definition", "taken"),
    [
        (Definition("P", "1", kind="int", minimum=1, maximum=30), {"1": "1", "30": "30", "007": "7"}),
        (Definition("P", "-5", kind="int"), {"-12": "-12", "0": "0"}),
        (Definition("P", "yes", kind="bool", choices=("yes", "no")), {"no": "no", "YES": "yes", "No": "no"}),
        (Definition("P", "No", kind="bool", choices=("Yes", "No")), {"no": "No", "yes": "Yes"}),
        (Definition("P", "on", kind="enum", choices=("on", "off", "flash")), {"flash": "flash"}),
        (Definition("P", "0.0.0.0", kind="ip"), {"10.0.0.1": "10.0.0.1", "": ""}),
        (Definition("Network.IPv6.DefaultRouter", "", kind="ip"), {"FE80::0:1": "fe80::1"}),
        (Definition("P", "", kind="ipList"), {"10.0.0.1,fe80::1": "10.0.0.1 fe80::1", "": ""}),
        (
            Definition("P", "0.0.0.0", kind="hostname"),
            {"ntp.example.org": "ntp.example.org", "10.0.0.1": "10.0.0.1"},
        ),
        (Definition("P", "", longest=3), {"abc": "abc", "a=b": "a=b", "æøå": "æøå"}),
        (Definition("P", "", kind="password", longest=16), {"p&s+ \"'": "p&s+ \"'"}),
    ],
)
def test_what_fits_is_stored_as_declared(definition: Definition, taken: dict[str, str]) -> None:
    for sent, stored in taken.items():
        settings = store(definition)
        settings.write(definition.name, sent)
        assert settings[definition.name] == stored


@pytest.mark.parametrize(
    ("definition", "refused"),
    [
        (
            Definition("P", "1", kind="int", minimum=1, maximum=30),
            ["0", "31", "", "1.5", " 2", "٣", "1e3", "9" * 13],
        ),
        (Definition("P", "5", kind="int", minimum=1), ["0"]),
        (Definition("P", "5", kind="int", maximum=9), ["10"]),
        (Definition("P", "yes", kind="bool", choices=("yes", "no")), ["maybe", "", "true"]),
        (Definition("P", "0.0.0.0", kind="ip"), ["300.1.1.1", "1.2.3", "fe80::1", "host"]),
        (Definition("Network.IPv6.DefaultRouter", "", kind="ip"), ["10.0.0.1"]),
        (Definition("P", "", kind="ipList"), ["10.0.0.1 x"]),
        (Definition("P", "", kind="hostname"), ["-a", "a b", "a/b", "a" * 256]),
        (Definition("P", "", longest=3), ["abcd", "a\nb", "a\rb", "\0", "\x85", "\ud800"]),
        (Definition("P", ""), ["x" * (LONGEST_VALUE + 1), "root.A=1\nroot.B=2"]),
        (Definition("P", "", kind="password", longest=16), ["x" * 17]),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(definition: Definition, refused: list[str]) -> None:
    settings = store(definition)
    for sent in refused:
        with pytest.raises(Refused, match=definition.name.replace(".", r"\.")):
            settings.write(definition.name, sent)
    assert settings[definition.name] == definition.default


def test_the_recorded_value_is_always_taken() -> None:
    """Core sheet, Appendix A: never refuse the recorded value, whatever the range says."""
    boots = store(Definition("P", "0", kind="int", minimum=1))
    boots.write("P", "5")
    assert boots.write("P", "0")


def test_unknown_names() -> None:
    settings = store(*BASE)
    with pytest.raises(Refused, match="no parameter A\\.Nothing"):
        settings.write("A.Nothing", "1")
    with pytest.raises(KeyError):
        settings["A.Nothing"]
    assert settings.get("A.Nothing", "-") == "-"
    assert "A.Nothing" not in settings
    assert not settings.enabled("A.Nothing")


@pytest.mark.parametrize(
    ("level", "read", "write"), [("7716", 1, 6), ("7746", 4, 6), ("7706", 0, 6), ("7707", 0, 7)]
)
def test_levels_are_the_last_two_digits(level: str, read: int, write: int) -> None:
    definition = Definition("P", "", level=level)
    assert (definition.read, definition.write) == (Level(read), Level(write))


def test_nobody_writes_what_is_read_only() -> None:
    assert Definition("P", "", level="7766", flags=frozenset({"ro"})).write is Level.INTERNAL
    assert Definition("P", "", level="7766", flags=frozenset({"const"})).write is Level.INTERNAL


def test_two_devices_share_a_base_and_no_value() -> None:
    base = {d.name: d for d in BASE}
    one, other = ParameterStore(base), ParameterStore(base)
    one.write("A.Setting", "two")
    assert (one["A.Setting"], other["A.Setting"], base["A.Setting"].default) == ("two", "one", "one")


def test_listeners_hear_each_change_once() -> None:
    settings, heard = store(*BASE), []
    settings.on_change("A.Setting", lambda name, value: heard.append(("one", name, value)))
    settings.on_change("", lambda name, value: heard.append(("all", name, value)))
    assert settings.write("A.Setting", "two")
    assert not settings.write("A.Setting", "two")
    settings.put("A.Actual", "up")
    settings.reset(DEFAULT)
    assert heard == [
        ("one", "A.Setting", "two"),
        ("all", "A.Setting", "two"),
        ("all", "A.Actual", "up"),
        ("one", "A.Setting", "one"),
        ("all", "A.Setting", "one"),
        ("all", "A.Actual", ""),
    ]


def test_a_parameter_of_one_device_alone() -> None:
    settings = store(*BASE)
    settings.define(Definition("Clip.M0.Name", "siren"))
    settings.write("Clip.M0.Name", "bell")
    assert "Clip.M0.Name" in set(settings.names())
    settings.remove("Clip.M0.Name")
    assert "Clip.M0.Name" not in settings
    settings.define(Definition("Clip.M0.Name", "logo"))
    assert settings["Clip.M0.Name"] == "logo"
    with pytest.raises(KeyError):
        settings.remove("A.Setting")


def test_a_rollback_restores_settings_and_leaves_state_and_counters() -> None:
    settings = store(*BASE)
    settings.write("A.Setting", "two")
    saved = settings.snapshot()
    settings.write("A.Setting", "three")
    settings.write("A.Address", "10.0.0.1")
    settings.put("A.Actual", "up")
    settings.put("A.Boots", "7")
    settings.restore(saved)
    assert [settings[d.name] for d in BASE] == ["up", "two", "192.168.0.90", "7"]


def test_another_firmware_keeps_what_it_knows() -> None:
    settings = store(*BASE)
    settings.write("A.Setting", "two")
    settings.write("A.Address", "10.0.0.1")
    newer = {"A.Setting": Definition("A.Setting", "two"), "A.New": Definition("A.New", "x")}
    settings.rebase(newer)
    assert {name: settings[name] for name in settings.names()} == {"A.Setting": "two", "A.New": "x"}
    assert settings.snapshot() == {}


PROFILE = load_profile("A9210", "12.9").parameters


@pytest.mark.fuzz
@given(st.sampled_from(sorted(PROFILE)), st.text())
def test_any_write_is_taken_or_refused_and_fits_one_line(name: str, sent: str) -> None:
    settings = ParameterStore(PROFILE)
    try:
        settings.write(name, sent)
    except Refused:
        assert settings[name] == PROFILE[name].default
        return
    assert len(f"{name}={settings[name]}".splitlines()) == 1
    assert PROFILE[name].checked(settings[name]) == settings[name]


class StoreMachine(RuleBasedStateMachine):
    """The store against a plain dictionary of values that knows nothing of overlays."""

    names = Bundle("names")

    def __init__(self) -> None:
        super().__init__()
        self.store = store(*BASE)
        self.model = {d.name: d.default for d in BASE}
        self.rules = {d.name: d for d in BASE}
        self.heard: dict[str, str] = dict(self.model)
        self.store.on_change("", self.heard.__setitem__)
        self.saved: dict[str, str] | None = None

    @rule(target=names)
    def known(self) -> object:
        return multiple(*(d.name for d in BASE))

    @rule(name=names, value=st.sampled_from(["", "one", "two", "7"]))
    def put(self, name: str, value: str) -> None:
        assert self.store.put(name, value) == (self.model[name] != value)
        self.model[name] = value

    @rule(survivors=st.sampled_from([RESTART, RESTORE, DEFAULT]))
    def reset(self, survivors: frozenset[Survival]) -> None:
        self.store.reset(survivors)
        for name, definition in self.rules.items():
            if definition.survival not in survivors:
                self.model[name] = definition.default

    @rule()
    def save(self) -> None:
        self.store_saved = self.store.snapshot()
        self.saved = dict(self.model)

    @rule()
    def roll_back(self) -> None:
        if self.saved is not None:
            self.store.restore(self.store_saved)
            for name in ("A.Setting", "A.Address"):
                self.model[name] = self.saved[name]

    @invariant()
    def shows_the_model(self) -> None:
        note(str(self.model))
        assert {name: self.store[name] for name in self.store.names()} == self.model
        assert self.heard == self.model


TestStore = StoreMachine.TestCase


_PARTS = st.sampled_from(("A", "B", "A-", "A0", "a", ""))
_NAMES = st.lists(_PARTS, min_size=1, max_size=3).map(".".join)


@given(base=st.sets(_NAMES), added=st.sets(_NAMES), removed=st.sets(_NAMES), later=st.sets(_NAMES), group=_NAMES)
def test_a_group_is_what_begins_with_its_name(
    base: set[str], added: set[str], removed: set[str], later: set[str], group: str
) -> None:
    settings = ParameterStore({name: Definition(name, "") for name in base})

    def fits() -> None:
        wanted = [name for name in settings.names() if name == group or name.startswith(f"{group}.")]
        assert sorted(settings.group(group)) == sorted(wanted)

    fits()
    for name in added:
        settings.define(Definition(name, ""))
    fits()
    for name in added & removed:
        settings.remove(name)
    fits()
    settings.rebase({name: Definition(name, "") for name in later})
    fits()
