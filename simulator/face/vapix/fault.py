"""Error codes of the JSON APIs: one `Family` per set of numbers that Axis uses (core sheet 3.0).

Codes are documented in VAPIX per API; texts marked [guess] in the sheet are the documented meaning in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class ApiError(Exception):
    """A method cannot be carried out: becomes the `error` member of the answer."""

    def __init__(
        self, code: int, message: str, *, details: dict[str, Any] | None = None, status: int = 200
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.status = status
        """HTTP status; 200 but for internal errors of network_settings."""

    def as_json(self) -> dict[str, Any]:
        content: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details is not None:
            content["details"] = self.details
        return content


@dataclass(frozen=True, slots=True)
class Family:
    """One numbering. Texts may hold `{}` for the name of the method or parameter."""

    verb: tuple[int, str]
    request: tuple[int, str]
    json: tuple[int, str]
    version: tuple[int, str]
    method: tuple[int, str]
    absent: tuple[int, str]
    value: tuple[int, str]
    access: tuple[int, str]
    names_missing_element: bool = False
    """A missing parameter is named in `details.missing_element` too (client-facts 2.1)."""

    def wrong_verb(self) -> ApiError:
        return ApiError(*self.verb)

    def invalid_request(self) -> ApiError:
        return ApiError(*self.request)

    def bad_json(self) -> ApiError:
        return ApiError(*self.json)

    def unsupported_version(self) -> ApiError:
        return ApiError(*self.version)

    def unknown_method(self, name: str) -> ApiError:
        return ApiError(self.method[0], self.method[1].replace("{}", name))

    def missing(self, name: str) -> ApiError:
        details = {"missing_element": name} if self.names_missing_element else None
        return ApiError(self.absent[0], self.absent[1].replace("{}", name), details=details)

    def invalid(self, name: str, **details: Any) -> ApiError:
        return ApiError(self.value[0], self.value[1].replace("{}", name), details=details or None)

    def forbidden(self) -> ApiError:
        return ApiError(*self.access)


FAMILY_A = Family(
    verb=(2000, "Invalid request"),
    request=(2000, "Invalid request"),
    json=(3000, "Invalid JSON data"),
    version=(4001, "The specified version is not supported"),
    method=(4000, "Method does not exist"),
    absent=(4003, "Missing parameter(s): {}"),
    value=(4004, "Invalid parameter(s): {}"),
    access=(4002, "Authorization failed"),
)
"""network_settings, ntp, time. Version and method texts as recorded (core sheet 3.0)."""

FAMILY_B = Family(
    verb=(2101, "Invalid JSON"),
    request=(2101, "Invalid JSON"),
    json=(2101, "Invalid JSON"),
    version=(2100, "API version not supported"),
    method=(2102, "Method not supported"),
    absent=(2103, "Required parameter missing: '{}' not found"),
    value=(2104, "Invalid parameter value specified: '{}'"),
    access=(2105, "Authorization failed"),
    names_missing_element=True,
)
"""MQTT, port management, remote syslog, feature flag. The text of 2103 as recorded (client-facts 2.1)."""

FAMILY_C = Family(
    verb=(2002, "HTTP request type not supported. Only POST is supported"),
    request=(4000, "Invalid JSON"),
    json=(4000, "Invalid JSON"),
    version=(2003, "Requested API version is not supported"),
    method=(2004, "JSON semantic error: Unknown method '{}'"),
    absent=(4002, "Required parameter '{}' is missing"),
    value=(1000, "Invalid parameter value specified: '{}'"),
    access=(2001, "Access forbidden"),
)
"""basicdeviceinfo, apidiscovery (core sheet 2.2). The text of 2004 as recorded."""

SYSTEM_READY = Family(
    verb=(1000, "Invalid JSON input"),
    request=(1000, "Invalid JSON input"),
    json=(1000, "Invalid JSON input"),
    version=(1000, "Invalid JSON input"),
    method=(1000, "Invalid JSON input"),
    absent=(1000, "Invalid JSON input"),
    value=(1000, "Invalid JSON input"),
    access=(9000, "Internal error"),
)
"""systemready: one code for everything a client does wrong (core sheet 2.1)."""

FIRMWARE = Family(
    verb=(400, "Failed to parse the request."),
    request=(400, "Failed to parse the request."),
    json=(400, "Failed to parse the request."),
    version=(417, "Unsupported API version."),
    method=(405, "Unknown method in request."),
    absent=(400, "Missing parameter '{}' in request."),
    value=(400, "Invalid parameter or value '{}' in request."),
    access=(400, "Access denied."),
)
"""firmwaremanagement: HTTP status numbers as codes (core sheet 4.2). The texts of 405 and 417 as recorded."""

STREAM_PROFILE = Family(
    verb=(2001, "The request was not formatted correctly"),
    request=(2001, "The request was not formatted correctly"),
    json=(2001, "The request was not formatted correctly"),
    version=(2000, "The major version number isn't supported"),
    method=(2005, "The method in the request is not supported"),
    absent=(2001, "The request was not formatted correctly: '{}' is missing"),
    value=(1000, "Invalid parameter value specified: '{}'"),
    access=(1000, "Access forbidden"),
)
"""streamprofile (core sheet 2.7). What stands for forbidden is a guess."""
