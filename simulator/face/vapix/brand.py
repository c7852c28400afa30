"""What scanners and browsers see without a login: the brand CGI and the start page (core sheet 2.7)."""

from __future__ import annotations

from html import escape

from simulator.device.parameter import Level
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.envelope import PRETTY

_KEYS = ("Brand", "ProdType", "ProdNbr", "ProdShortName", "ProdFullName")


def get_brand(call: Call) -> Reply:
    """Pretty JSON, keys in the recorded order."""
    brand = {key: call.device.parameters.get(f"Brand.{key}") for key in _KEYS}
    return Answer(body=PRETTY.bytes_of({"Brand": brand}), content_type="application/json")


def root(call: Call) -> Reply:
    """`/` sends a browser on to the path that `Properties.API.HTTP.AdminPath` names."""
    target = escape(call.device.parameters.get("Properties.API.HTTP.AdminPath", "/index.html"))
    return _html(f'<meta http-equiv="refresh" content="0; URL={target}" />\n<title>AXIS</title>', "")


def start_page(call: Call) -> Reply:
    """The web interface's entry: a form for the first administrator's password, or the product's name."""
    name = escape(call.device.parameters.get("Brand.ProdFullName"))
    body = _FIRST_PASSWORD if call.device.accounts.empty else ""
    return _html("<title>AXIS</title>", f"<h1>{name}</h1>\n{body}<p>Axis Communications AB</p>\n")


_FIRST_PASSWORD = (
    "<h2>Create an administrator account</h2>\n"
    '<form method="post" action="/axis-cgi/pwdgrp.cgi">\n'
    '<input type="hidden" name="action" value="add">\n'
    '<input type="hidden" name="grp" value="root">\n'
    '<input type="hidden" name="sgrp" value="admin:operator:viewer:ptz">\n'
    '<label>Username <input name="user" value="root"></label>\n'
    '<label>Password <input name="pwd" type="password"></label>\n'
    "<button>Add account</button>\n</form>\n"
)


def _html(head: str, body: str) -> Answer:
    text = f"<!DOCTYPE html>\n<html>\n<head>\n{head}\n</head>\n<body>\n{body}</body>\n</html>\n"
    return Answer(body=text.encode(), content_type="text/html")


ROUTES = (
    Route(("/axis-cgi/prod_brand_info/getbrand.cgi",), get_brand, methods=("GET",), level=Level.ANYONE),
    Route(("/",), root, methods=("GET",), level=Level.ANYONE),
    Route(("/index.html", "/camera/index.html"), start_page, methods=("GET",), level=Level.ANYONE),
)
