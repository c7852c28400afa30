"""Actions applied: what happens on the bench when a hand cuts, plugs or presses. One file per family of `action/`.

`table.py` lists which function applies which action. Each takes the bench and the action; it names its device
through `bench.targets(...)`, which refuses unknown names.
"""
