"""A meter at the relay connector."""

from __future__ import annotations

from typing import Any

from simulator.expect.finding import Finding, Look


def find(look: Look) -> list[Finding]:
    """One finding: what the meter reads now."""
    query: Any = look.expectation.query
    snapshot = look.eyes.snapshot(look.device)
    contacts = snapshot["ports"].get(str(query.relay), {}).get("contacts")
    if contacts is None:
        return [Finding(f"{look.device} has no relay {query.relay}", (f"no relay {query.relay}",))]
    if query.volts is not None:
        pin = query.between.partition("-")[0]
        wanted, told = f"{query.volts} V", f"{contacts[f'{pin}_volts']} V"
    else:
        wanted = query.reads
        told = "closed" if contacts[query.between.replace("-", "_")] else "open"
    differs = () if told == wanted else (f"{query.between} reads {told}, not {wanted}",)
    return [Finding(f"{query.between} of relay {query.relay} reads {told}", differs, snapshot["at"])]
