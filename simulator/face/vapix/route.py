"""The route table: every path the VAPIX face knows, assembled from one explicit list of modules.

To add an API, write `face/vapix/<api>.py` and add one line to `ROUTES`. The module gives

    ROUTES: tuple[Route, ...]          (see `call.py` for Route and Call)
    def handler(call: Call) -> Reply   (Answer, Held, Endless or WebSocket of `face/exchange.py`)

A text CGI reads `call.fields` (form arguments of the query, or of the body for POST):

    def port(call: Call) -> Reply:
        if "check" not in call.fields:
            return Answer(400, b"Error: ...\\n")
        return Answer(200, call.device.ports[...]...)

    ROUTES = (Route(("/axis-cgi/io/port.cgi",), port, level=Level.VIEWER, served=has_ports),)

A JSON API declares a `JsonService` (`envelope.py`), which is its handler:

    def get_ports(asked: Invocation) -> Json:        # asked.call.device, asked.params, asked.text("name"), ...
        return {"numberOfPorts": 0}                  # the data; errors: raise asked.missing("ports") and friends

    SERVICE = JsonService("io-port-management", FAMILY_B, {"getPorts": Method(get_ports, Level.VIEWER), ...})
    ROUTES = (Route(("/axis-cgi/io/portmanagement.cgi",), SERVICE, methods=("POST",), level=Level.VIEWER,
                    api="io-port-management"),)

A path whose `api` the profile of the device does not list is absent (404) unless `served` says otherwise.
The front end adds the security headers, `Server` and `Authentication-Info` to whatever a handler answers.
"""

from __future__ import annotations

from simulator.face.vapix import (
    api_discovery,
    application_list,
    audio_device_control,
    audio_mixer,
    auto_speaker_test,
    basic_device_info,
    brand,
    call_service,
    clip,
    clip_metadata,
    event_stream,
    find_my_device,
    firmware_management,
    firmware_upload,
    logs,
    maintenance_rest,
    mqtt_client,
    mqtt_event,
    multicast_rest,
    network_settings,
    param,
    param_schema,
    port_cgi,
    port_management,
    pwdgrp,
    receive,
    restart,
    rules_rest,
    schedules_rest,
    server_report,
    services,
    shock_detection,
    siren_and_light,
    snmp_rest,
    stream_profile,
    streaming_capabilities,
    supervised_io,
    system_ready,
    temperature_control,
    time_cgi,
    transmit,
    usergroup,
    virtual_input,
)
from simulator.face.vapix.call import Route

ROUTES: tuple[Route, ...] = (
    *system_ready.ROUTES,
    *api_discovery.ROUTES,
    *basic_device_info.ROUTES,
    *brand.ROUTES,
    *param.ROUTES,
    *param_schema.ROUTES,
    *pwdgrp.ROUTES,
    *usergroup.ROUTES,
    *network_settings.ROUTES,
    *time_cgi.ROUTES,
    *firmware_management.ROUTES,
    *firmware_upload.ROUTES,
    *restart.ROUTES,
    *server_report.ROUTES,
    *logs.ROUTES,
    *application_list.ROUTES,
    *temperature_control.ROUTES,
    *stream_profile.ROUTES,
    *port_cgi.ROUTES,
    *port_management.ROUTES,
    *supervised_io.ROUTES,
    *virtual_input.ROUTES,
    *shock_detection.ROUTES,
    *clip.ROUTES,
    *clip_metadata.ROUTES,
    *transmit.ROUTES,
    *receive.ROUTES,
    *audio_device_control.ROUTES,
    *audio_mixer.ROUTES,
    *streaming_capabilities.ROUTES,
    *call_service.ROUTES,
    *auto_speaker_test.ROUTES,
    *siren_and_light.ROUTES,
    *maintenance_rest.ROUTES,
    *find_my_device.ROUTES,
    *multicast_rest.ROUTES,
    *mqtt_client.ROUTES,
    *mqtt_event.ROUTES,
    *event_stream.ROUTES,
    *snmp_rest.ROUTES,
    *services.ROUTES,
    *rules_rest.ROUTES,
    *schedules_rest.ROUTES,
)
