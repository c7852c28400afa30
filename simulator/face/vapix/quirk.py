"""What the sheets could only guess, or what differs between tracks, of the HTTP surface: one place for all of it.

The defaults are those of AXIS OS 12.9; a profile's `quirks.yaml` overrides them under the key `http`. Every
field says what it stands for and how sure the source is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

_SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("X-XSS-Protection", "1; mode=block"),
    ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'self'; object-src 'none'"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
)


@dataclass(frozen=True, slots=True)
class HttpQuirks:
    """The HTTP surface of one firmware."""

    server: str = "Apache/2.4.68 (Unix) OpenSSL/3.5.7"
    """`Server` header, recorded on 12.11 (core sheet 5.1)."""
    security_headers: tuple[tuple[str, str], ...] = _SECURITY_HEADERS
    """Recorded on 12.11 but for the value of Content-Security-Policy [guess]; 9.80 and older send none."""
    nonce_lifetime: float = 300.0
    """Device seconds until `stale=true`: Apache's AuthDigestNonceLifetime (core sheet 1.2)."""
    wrong_password_delay: float = 0.21
    """Device seconds that a wrong password costs while password throttling is on: measured on 12.10 (1.8)."""
    blocked_status: int = 403
    """Answer to an address that is blocked for its failures (1.8) [guess]."""
    starting_status: int = 503
    """Answer of everything but systemready while the device starts (4.4, phase 6) [guess]."""
    redirect_posts: bool = False
    """With access policy `https`, a GET over HTTP is redirected; a POST only if this is set, else 403 (1.7) [guess]."""
    unauthorized_json: str = '{"error": {"code": 401, "message": "Unauthorized"}}\n'
    """Body of the 401 of a JSON CGI; its content type is recorded (5.2), the body is not [guess]."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """API id to the version the API answers with where that is not the listed one (2.3)."""
    systemready_fields: tuple[str, ...] = ("uptime", "bootid", "previewmode", "passphrasepolicy")
    """Which optional members systemready has: none on 10.12, no passphrasepolicy on 11.11 (2.1)."""
    preview_seconds: int = 7200
    """Uptime until which `previewmode` is reported before set-up (1.6) [guess of the scope]."""
    apidiscovery_content_type: str = "application/json; charset=utf8"
    """`utf8`, not `utf-8`: .NET clients choke on it (2.3). 9.80 has no space before charset."""
    list_content_type: str = "text/plain; charset=iso-8859-1"
    """Type of a parameter list (2.5); `text/plain` on 9.80."""
    masked_secret: str = "******"
    """How a password lists: five stars up to 11.11 (2.6)."""
    any_case_parameters: bool = False
    """Match group names in any case, for clients that send `brand` (5.3)."""
    first_user_root_only: bool = False
    """Below 11.5 the first administrator must be named root (1.6)."""
    pwdroot: bool = False
    """Below 11.5 `pwdroot/pwdroot.cgi` sets the first password (1.6)."""
    system_groups: tuple[str, ...] = ()
    """Further group names that `pwdgrp.cgi?action=get` lists before digusers: about 169 on 10.12 (1.5)."""
    audit_log: bool = True
    """`auditlog.cgi` exists: 12.x (4.6)."""
    network_info: str = "12"
    """Shape of getNetworkInfo: `12`, or `10` without what API 1.15 lacks (3.1)."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> HttpQuirks:
        """The defaults, overridden by the profile's values; lists of a YAML file become tuples."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: _frozen(value) for name, value in values.items() if name in known})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
