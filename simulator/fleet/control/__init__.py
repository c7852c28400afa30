"""The control API: HTTP and JSON, the third door, through which the other two go as well.

`route.py` declares every call once; `application.py` serves them; `openapi.py` describes them. The calls
themselves are in `calls.py`, thin over `bench.py`.
"""
