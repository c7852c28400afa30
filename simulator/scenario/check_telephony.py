"""Checks of the telephony of a case: phones that there are, registrars that take orders, speakers that take calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import did_you_mean
from simulator.expect.phone_query import PhoneQuery, RegistrarQuery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.action.kind import Reading
    from simulator.action.phone import PhoneUse
    from simulator.action.registrar import RegistrarOrder
    from simulator.expect.query import Query
    from simulator.scenario.plan import DevicePlan, SitePlan

Complaint = tuple[str, str]
"""What is wrong, and the remedy."""


def phone_misuse(action: PhoneUse, site: SitePlan, called: Iterable[DevicePlan]) -> Complaint | None:
    """`called` are the devices that it is to call."""
    unknown = _phone_unknown(action.name, site)
    if unknown is not None:
        return unknown
    for plan in called:
        if plan.sip is None:
            return f"{plan.name} takes no calls", "add sip: yes to the speaker"
        if not plan.sip.allow_incoming:
            return f"{plan.name} lets no calls in", "leave out allow_incoming: no"
    if action.do == "register" and site.registrar is None:
        return "there is no registrar to register at", "add site: {registrar: embedded}"
    return None


def registrar_misuse(action: RegistrarOrder, site: SitePlan) -> Complaint | None:
    """Orders that nobody takes."""
    if site.registrar is None:
        return "the site has no registrar", "add site: {registrar: embedded}"
    if site.registrar.external:
        return "the registrar at an address is somebody else's program", "use the embedded registrar"
    return _no_secondary(action.server, site)


def query_misuse(query: Query, site: SitePlan) -> Complaint | None:
    """Expectations about a phone or a registrar that there is not."""
    if isinstance(query, PhoneQuery):
        return _phone_unknown(query.name, site)
    if isinstance(query, RegistrarQuery):
        if site.registrar is None or site.registrar.external:
            return "the site has no registrar of its own", "add site: {registrar: embedded}"
        return _no_secondary(query.server, site)
    return None


def _no_secondary(server: str, site: SitePlan) -> Complaint | None:
    if server == "secondary" and site.registrar is not None and not site.registrar.secondary:
        return "the site has no secondary registrar", "add secondary: yes to the registrar"
    return None


def _phone_unknown(name: str, site: SitePlan) -> Complaint | None:
    names = [known for known, _ in site.phones]
    if not names:
        return "the site has no phone", "add site: {phones: {desk: {user: 2001}}}"
    if not name and len(names) > 1:
        return f"which phone? There are {', '.join(names)}", f"say name: {names[0]}"
    if name and name not in names:
        return f"no phone named {name}", did_you_mean(name, names) or f"its phones: {', '.join(names)}"
    return None


def check_accounts(plans: Iterable[DevicePlan], site: SitePlan, reading: Reading) -> None:
    """Note speakers that are to register at the site where nobody takes it."""
    for plan in plans:
        accounts = () if plan.sip is None else plan.sip.accounts
        for number, account in enumerate(accounts):
            path = ("fleet", plan.name, "sip", "accounts", number)
            if site.registrar is None and "site" in (account.registrar, account.secondary_registrar):
                reading.problem(path, "the site has no registrar", "add site: {registrar: embedded}")
            elif account.secondary_registrar == "site":
                wrong = _no_secondary("secondary", site)
                if wrong is not None:
                    reading.problem(path, *wrong)
