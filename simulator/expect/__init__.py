"""What can be seen: expectations, and where they look.

`query.py` and `expectation.py` declare what can be asked; `face/` has one finder per face, which looks at the
journal or asks an independent observer; `watch.py` decides one expectation over time; `promise.py` is what a
Python test gets.
"""
