"""Rules of a device on a stepped clock: when they are active, and what they do."""

from dataclasses import replace

import pytest
from device_bench import Bench

from simulator.device.device import Device
from simulator.device.profile import load_profile
from simulator.device.rule.expression import ContentRefused
from simulator.device.rule.rule import EventFilter
from simulator.device.rule.store import Fault, RuleRefused

VIRTUAL = "tns1:Device/tnsaxis:IO/VirtualInput"
PLAY, PLAY_ON, STOP = (
    f"com.axis.action.{name}.audioclip" for name in ("fixed.play", "unlimited.play", "fixed.stop")
)
TOGGLE, LED = "com.axis.action.fixed.io.toggle", "com.axis.action.fixed.ledcontrol"
CLIP = (("location", "alarm.mp3"),)


def content(**items):
    return " and ".join(
        f'boolean(//SimpleItem[@Name="{name}" and @Value="{value}"])' for name, value in items.items()
    )


def virtual(port, active=1):
    return EventFilter(VIRTUAL, content(port=port, active=active))


def rule(bench, template=PLAY, parameters=CLIP, **more):
    store = bench.device.rules.store
    configuration = store.add_configuration("", template, parameters)
    return store.add_rule(more.pop("name", "a rule"), configuration, **more)


@pytest.fixture
def bench():
    return Bench("C1410")


def switch(bench, port, active=True):
    inputs = bench.device.virtual_inputs
    (inputs.activate if active else inputs.deactivate)(port)
    bench.advance(0.1)


def playing(bench):
    return bench.device.clips.playing is not None


def plays(bench):
    return len(bench.heard("CurrentlyPlaying"))


# ---- when


def test_a_rule_is_active_while_all_its_conditions_hold(bench):
    number = rule(bench, PLAY_ON, conditions=(virtual(1), virtual(2)))
    switch(bench, 1)
    assert not playing(bench)
    switch(bench, 2)
    assert playing(bench)
    assert bench.device.rules.active == (number,)
    bench.advance(60)
    assert playing(bench)
    switch(bench, 1, active=False)
    assert not playing(bench)
    assert bench.device.rules.active == ()


def test_a_fixed_action_is_done_once_for_each_activation(bench):
    rule(bench, conditions=(virtual(1),))
    switch(bench, 1)
    assert plays(bench) == 1
    bench.advance(10)
    assert not playing(bench)
    assert plays(bench) == 1
    switch(bench, 1, active=False)
    switch(bench, 1)
    assert plays(bench) == 2


def test_a_trigger_counts_only_when_it_happens_while_the_conditions_hold(bench):
    rule(bench, start=virtual(1), conditions=(virtual(2),))
    switch(bench, 1)
    switch(bench, 2)
    assert plays(bench) == 0
    switch(bench, 1, active=False)
    switch(bench, 1)
    assert plays(bench) == 1


def test_once_triggered_a_rule_lasts_whatever_becomes_of_its_trigger(bench):
    rule(bench, PLAY_ON, start=virtual(1), conditions=(virtual(2),))
    switch(bench, 2)
    switch(bench, 1)
    switch(bench, 1, active=False)
    assert playing(bench)
    switch(bench, 2, active=False)
    assert not playing(bench)


def test_a_trigger_alone_is_enough_for_a_fixed_action(bench):
    rule(bench, start=EventFilter("tns1:Device/tnsaxis:Network/BlockedIP"))
    bench.device.events.publish("tns1:Device/tnsaxis:Network/BlockedIP", {}, address="192.0.2.1")
    bench.advance(0.1)
    assert plays(bench) == 1


def test_an_inverted_condition_holds_while_the_state_is_another(bench):
    rule(bench, PLAY_ON, conditions=(EventFilter(VIRTUAL, f"{content(port=1)} and not({content(active=1)})"),))
    bench.advance(0.1)
    assert playing(bench), "a virtual input rests inactive"
    switch(bench, 1)
    assert not playing(bench)


def test_a_rule_whose_conditions_hold_when_it_is_made_begins_at_once(bench):
    switch(bench, 1)
    rule(bench, PLAY_ON, conditions=(virtual(1),))
    bench.advance(0.1)
    assert playing(bench)


def test_so_much_time_passes_between_two_activations(bench):
    rule(bench, start=virtual(1), wait=60.0)
    for _ in range(3):
        switch(bench, 1)
        switch(bench, 1, active=False)
        bench.advance(10)
    assert plays(bench) == 1
    bench.advance(40)
    switch(bench, 1)
    assert plays(bench) == 2


def test_a_rule_that_is_off_or_removed_does_nothing_and_ends(bench):
    store = bench.device.rules.store
    rule(bench, enabled=False, conditions=(virtual(1),))
    number = rule(bench, PLAY_ON, conditions=(virtual(1),))
    switch(bench, 1)
    assert plays(bench) == 1
    store.remove_rule(number)
    bench.advance(0.1)
    assert not playing(bench)


def test_other_sources_of_the_same_topic_do_not_matter(bench):
    rule(bench, conditions=(virtual(1),))
    switch(bench, 2)
    assert plays(bench) == 0


def test_rules_that_chase_each_other_do_not_stop_time():
    bench = Bench("A9210")
    state = "tns1:Device/tnsaxis:IO/OutputPort"
    for active, wanted in ((1, "low"), (0, "high")):
        parameters = (("port", "3"), ("state", wanted), ("duration", "0"))
        rule(
            bench,
            TOGGLE,
            parameters,
            start=EventFilter(state, content(port=3, state=active)),
        )
    bench.device.ports[3].set_active(True)
    bench.advance(10)
    changes = len([one for one in bench.heard("OutputPort") if one["port"] == "3"])
    assert 5 < changes < 100


def test_rules_that_set_each_other_off_by_the_hundred_stay_bounded(bench):
    everything = EventFilter("//.")
    for _ in range(100):
        rule(bench, parameters=(("location", "no such file"),), start=everything)
    switch(bench, 1)
    bench.advance(5)
    assert 100 < len(bench.heard("ActionFailed")) < 5000


def test_what_is_done_names_its_cause(bench):
    rule(bench, conditions=(virtual(7),))
    switch(bench, 7)
    records = {record.number: record for record in bench.journal.since(0)}
    record = next(one for one in records.values() if one.what == "clip playing")
    chain = []
    while record.cause is not None:
        record = records[record.cause]
        chain.append(record.what)
    assert VIRTUAL in chain


# ---- what


def test_stop_ends_whatever_plays(bench):
    bench.device.clips.play(25, repeat=-1)
    rule(bench, STOP, (), start=virtual(1))
    switch(bench, 1)
    assert not playing(bench)


@pytest.mark.parametrize("location", ["%2Fetc%2Faudioclips%2Falarm.mp3", "etc/audioclips/alarm.mp3", "alarm.mp3"])
def test_a_clip_is_named_in_any_form_and_played_as_told(bench, location):
    rule(bench, PLAY, (("location", location), ("repeat", "2"), ("volume", "50")), start=virtual(1))
    switch(bench, 1)
    playback = bench.device.clips.playing
    assert (playback.clip.file_name, playback.repeat, playback.volume) == ("alarm.mp3", 2, 50)


def test_an_unlimited_clip_leaves_another_one_alone_when_it_ends(bench):
    rule(bench, PLAY_ON, conditions=(virtual(1),))
    switch(bench, 1)
    bench.device.clips.play(25, repeat=-1)
    switch(bench, 1, active=False)
    assert bench.device.clips.playing.clip.number == 25


def test_a_speaker_test_is_run(bench):
    bench.device.speaker_test.calibrate()
    bench.advance(60)
    rule(bench, "com.axis.action.fixed.autospeakertest.performtest", (), start=virtual(1))
    switch(bench, 1)
    bench.advance(60)
    assert bench.heard("TestResult")[-1]["SpeakerTestStatus"] == "OK"


@pytest.mark.parametrize(("state", "first"), [("high", True), ("low", False)])
def test_a_port_goes_back_after_its_time_or_when_the_rule_ends(state, first):
    bench = Bench("A9210")
    rule(
        bench,
        TOGGLE,
        (("port", "3"), ("state", state), ("duration", "5")),
        start=virtual(1),
    )
    rule(bench, "com.axis.action.unlimited.io.toggle", (("port", "4"), ("state", state)), conditions=(virtual(1),))
    fixed, lasting = bench.device.ports[3], bench.device.ports[4]
    switch(bench, 1)
    assert (fixed.active, lasting.active) == (first, first)
    bench.advance(6)
    assert (fixed.active, lasting.active) == (not first, first)
    switch(bench, 1, active=False)
    assert (fixed.active, lasting.active) == (not first, not first)


@pytest.mark.parametrize(
    ("model", "template", "parameters", "reason"),
    [
        ("C1410", PLAY, (("location", "no such file"),), "no clip at 'no such file'"),
        ("C1410", PLAY, (*CLIP, ("volume", "x")), "Invalid value for parameter volume: x"),
        ("C1410", "com.axis.action.fixed.autospeakertest.performtest", (), "the speaker test is not calibrated"),
        ("C1410", "com.axis.action.fixed.mqttpublish", (("topic", "a"),), "The MQTT client is not connected"),
        ("C1410", LED, (("led", "a"), ("color", "red")), "There is no LED that can be controlled"),
        ("A9210", TOGGLE, (("port", "99"), ("state", "high")), "There is no port 99"),
        ("A9210", TOGGLE, (("port", "3"), ("state", "up")), "Invalid value for parameter state: up"),
        ("A9210", "com.axis.action.fixed.notification.tcp", (("host", "a"), ("port", "1")), "The network is unreachable"),
    ],
)  # fmt: skip
def test_an_action_that_cannot_be_started_is_told(model, template, parameters, reason):
    bench = Bench(model)
    rule(bench, template, parameters, name="broken", start=virtual(1))
    switch(bench, 1)
    told = [one["description"] for one in bench.heard("ActionFailed")]
    assert told == [f"Action rule 'broken' failed: {reason}"]


# ---- life


def test_rules_survive_a_restart_and_begin_anew(bench):
    number = rule(bench, PLAY_ON, conditions=(virtual(1),))
    switch(bench, 1)
    bench.device.lifecycle.restart("test")
    bench.boot()
    assert number in bench.device.rules.store.content.rules
    assert bench.device.rules.active == ()
    assert not playing(bench)
    switch(bench, 1)
    assert playing(bench)


def test_a_factory_default_brings_the_factory_rules_back(bench):
    factory = bench.device.rules.store.content
    rule(bench, conditions=(virtual(1),))
    bench.device.rules.store.remove_rule(1)
    bench.device.lifecycle.factory_default()
    bench.boot()
    assert bench.device.rules.store.content is factory


def test_a_firmware_rollback_brings_back_the_rules_of_then(bench):
    kept = rule(bench, name="kept", conditions=(virtual(1),))
    settings = bench.device.save_settings()
    added = rule(bench, name="later", conditions=(virtual(1),))
    bench.device.restore_settings(settings)
    assert kept in bench.device.rules.store.content.rules
    assert added not in bench.device.rules.store.content.rules
    switch(bench, 1)
    assert plays(bench) == 1


def test_devices_that_nobody_touched_share_one_set_of_rules():
    one, other = Bench("C1410"), Bench("C1410", seed=2)
    assert one.device.rules.store.content is other.device.rules.store.content


def test_the_preconfigured_rules_of_the_manual_are_there(bench):
    names = {one.name: one.enabled for one in bench.device.rules.store.content.rules.values()}
    assert names == {
        "Loud ringer": False,
        "Front-facing LED Activation: SIP": True,
        "Front-facing LED Activation: LiveStream": True,
        "Front-facing LED Activation: Recording": True,
        "Pre-announcement tone: Play tone on incoming call": False,
        "Pre-announcement tone: Answer call after incoming call-tone": False,
    }
    assert not Bench("A9210").device.rules.store.content.rules


def test_the_loud_ringer_rings_while_a_call_rings(bench):
    store = bench.device.rules.store
    store.change_rule(replace(store.rule(1), enabled=True))
    for state in ("Ringing", "Active"):
        bench.device.events.publish("tnsaxis:Call/State", {"Source": "NetworkSpeaker"}, CallState=state)
        bench.advance(30)
        assert playing(bench) is (state == "Ringing")


# ---- what is refused


def refused(call, *arguments, **more):
    with pytest.raises(RuleRefused) as caught:
        call(*arguments, **more)
    return caught.value.fault


def test_limits_of_the_manual(bench):
    store = bench.device.rules.store
    configuration = store.add_configuration("", STOP, ())
    for _ in range(256 - 6):
        store.add_rule("", configuration, start=virtual(1))
    assert refused(store.add_rule, "", configuration, start=virtual(1)) is Fault.ARGUMENT
    for _ in range(20):
        store.add_recipient("", "com.axis.recipient.tcp", (("host", "a"), ("port", "1")))
    arguments = "", "com.axis.recipient.tcp", (("host", "a"), ("port", "1"))
    assert refused(store.add_recipient, *arguments) is Fault.ARGUMENT


def test_rules_that_make_no_sense_are_refused(bench):
    store = bench.device.rules.store
    fixed, lasting = store.add_configuration("", STOP, ()), store.add_configuration("", PLAY_ON, CLIP)
    assert refused(store.add_rule, "", fixed) is Fault.ARGUMENT
    assert refused(store.add_rule, "", lasting, start=virtual(1)) is Fault.ARGUMENT
    assert refused(store.add_rule, "", 99, start=virtual(1)) is Fault.NO_CONFIGURATION
    stateless = EventFilter("tns1:Device/tnsaxis:Network/BlockedIP")
    assert refused(store.add_rule, "", fixed, conditions=(stateless,)) is Fault.CONDITION
    assert refused(store.add_rule, "", fixed, conditions=(EventFilter("tns1:Device//."),)) is Fault.CONDITION
    assert refused(store.add_configuration, "", PLAY, ()) is Fault.PARAMETERS
    assert refused(store.add_configuration, "", PLAY, (("location", "\x00"),)) is Fault.PARAMETERS
    assert refused(store.add_configuration, "", "com.axis.action.none", ()) is Fault.NO_TEMPLATE
    with pytest.raises(ContentRefused):
        store.add_rule("", fixed, conditions=(EventFilter(VIRTUAL, "x"),))


# ---- schedules


def test_an_interval_begins_and_ends_in_local_time_and_rules_follow(bench):
    store = bench.device.rules.store
    token = store.add_schedule("now", "DTSTART:20260302T090000 DTEND:20260302T091000 RRULE:FREQ=DAILY")
    interval = EventFilter("tns1:UserAlarm/tnsaxis:Recurring/Interval", content(id=token, active=1))
    rule(bench, PLAY_ON, conditions=(interval,))
    bench.device.time.set_iana("Europe/Stockholm")  # 08:00 UTC, where the clock begins, is nine o'clock there
    assert bench.device.time.local().hour == 9
    bench.advance(86_399)
    assert not playing(bench)
    bench.advance(2)
    assert playing(bench)
    bench.advance(599)
    assert not playing(bench)
    assert [one["active"] for one in bench.heard("Interval") if one["id"] == token] == ["0", "1", "0"]


def test_a_pulse_is_told_each_time(bench):
    token = bench.device.rules.store.add_schedule("tick", "DTSTART:20260301T000000 RRULE:FREQ=MINUTELY;INTERVAL=5")
    rule(bench, start=EventFilter("tns1:UserAlarm/tnsaxis:Recurring/Pulse", content(id=token)))
    bench.advance(3601)
    assert plays(bench) == 12


def test_factory_schedules_are_told_and_can_be_removed(bench):
    office = "com.axis.schedules.office_hours"
    assert {"id": office, "active": "0"} in bench.states("Interval"), "it is a Sunday"
    bench.advance(86_400)
    assert {"id": office, "active": "1"} in bench.states("Interval")
    bench.device.rules.store.remove_schedule("com.axis.schedules.weekends")
    bench.device.rules.store.remove_schedule(office)
    assert office not in {one["id"] for one in bench.states("Interval")}
    assert "com.axis.schedules.weekends" not in {one["id"] for one in bench.states("Interval")}


def test_setting_the_clock_moves_the_schedules(bench):
    bench.device.time.set_clock(bench.device.time.utc().replace(day=3))
    assert {"id": "com.axis.schedules.office_hours", "active": "1"} in bench.states("Interval")


def test_equal_schedules_of_many_devices_share_a_timer():
    bench = Bench("C1410", running=False)
    world, asked = bench.device.world, []
    call_at = world.clock.call_at
    world.clock.call_at = lambda due, callback: asked.append(callback) or call_at(due, callback)
    for number in range(2, 12):
        profile = load_profile("C1410", "12.9.57")
        device = Device(f"d{number}", number, profile, world, lambda address: address)
        device.lifecycle.running_from_the_start()
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("topic", "item"),
    [("tns1:VideoSource/tnsaxis:LiveStreamAccessed", "accessed"), ("tnsaxis:Storage/Recording", "recording")],
)
def test_the_front_led_turns_green_while_it_is_listened_to_and_the_microphone_is_on(bench, topic, item):
    def lit():
        bench.advance(0.1)
        shown = bench.device.light.shown
        return None if shown is None else shown.colors[0]

    bench.device.events.publish(topic, {}, **{item: True})
    assert lit() == "green"
    bench.device.audio.switch_microphone(on=False)
    assert lit() is None
    bench.device.audio.switch_microphone(on=True)
    assert lit() == "green"
    bench.device.events.publish(topic, {}, **{item: False})
    assert lit() is None
