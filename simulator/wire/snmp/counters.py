"""What an agent counts about its own traffic (RFC 3418 snmp group, RFC 3412, RFC 3414; SNMP sheet 2.6)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Since the agent started. Names are those of the objects without `snmp`."""

    in_pkts: int = 0
    out_pkts: int = 0
    in_bad_versions: int = 0
    in_bad_community_names: int = 0
    in_bad_community_uses: int = 0
    in_parse_errs: int = 0
    in_total_req_vars: int = 0
    in_total_set_vars: int = 0
    in_get_requests: int = 0
    in_get_nexts: int = 0
    in_set_requests: int = 0
    out_too_bigs: int = 0
    out_no_such_names: int = 0
    out_bad_values: int = 0
    out_gen_errs: int = 0
    out_get_responses: int = 0
    out_traps: int = 0
    silent_drops: int = 0
    proxy_drops: int = 0
    # RFC 3412
    unknown_security_models: int = 0
    invalid_msgs: int = 0
    unknown_pdu_handlers: int = 0
    # RFC 3413
    unknown_contexts: int = 0
    # RFC 3414
    unsupported_sec_levels: int = 0
    not_in_time_windows: int = 0
    unknown_user_names: int = 0
    unknown_engine_ids: int = 0
    wrong_digests: int = 0
    decryption_errors: int = 0


REPORTED = {
    "unknown_security_models": (1, 3, 6, 1, 6, 3, 11, 2, 1, 1, 0),
    "invalid_msgs": (1, 3, 6, 1, 6, 3, 11, 2, 1, 2, 0),
    "unknown_pdu_handlers": (1, 3, 6, 1, 6, 3, 11, 2, 1, 3, 0),
    "unknown_contexts": (1, 3, 6, 1, 6, 3, 12, 1, 5, 0),
    "unsupported_sec_levels": (1, 3, 6, 1, 6, 3, 15, 1, 1, 1, 0),
    "not_in_time_windows": (1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0),
    "unknown_user_names": (1, 3, 6, 1, 6, 3, 15, 1, 1, 3, 0),
    "unknown_engine_ids": (1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0),
    "wrong_digests": (1, 3, 6, 1, 6, 3, 15, 1, 1, 5, 0),
    "decryption_errors": (1, 3, 6, 1, 6, 3, 15, 1, 1, 6, 0),
}
"""Counters that a Report may carry, with their names."""
