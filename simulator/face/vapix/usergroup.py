"""usergroup.cgi: what the caller may do (core sheet 1.4). Exactly two lines: the account, and its groups."""

from __future__ import annotations

from simulator.device.parameter import Level
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route


def usergroup(call: Call) -> Reply:
    """Any account may ask; with anonymous viewing a login is still asked for, or there would be no name."""
    refusal = call.front.demand(call, Level.VIEWER) if not call.account else None
    if refusal is not None:
        return refusal
    account = call.device.accounts.get(call.account)
    groups = " ".join(account.groups) if account is not None else ""
    return Answer(body=f"{call.account}\n{groups}\n".encode())


ROUTES = (Route(("/axis-cgi/usergroup.cgi",), usergroup, methods=("GET",), level=Level.VIEWER),)
