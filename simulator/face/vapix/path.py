"""How Apache reads the path of a request target before it looks for a resource."""

from __future__ import annotations

from urllib.parse import unquote


def canonical_path(path: str) -> str | None:
    """The path decoded, with `//`, `.` and `..` resolved; None where Apache answers 400.

    That is a path that climbs above the root, or one with a NUL. An encoded slash never names a resource
    (AllowEncodedSlashes is off), so it is left encoded.
    """
    if "%2f" in path.lower():
        return path
    decoded = unquote(path, errors="replace")
    if "\0" in decoded:
        return None
    parts: list[str] = []
    for part in decoded.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    closing = "/" if parts and decoded.endswith("/") else ""
    return "/" + "/".join(parts) + closing
