"""What hands can do: each action is one frozen dataclass.

YAML verb, control call, handle method, JSON Schema and reference page all follow from its declaration. One file
per family; `vocabulary.py` lists them all, `declaration.py` and `kind.py` read and describe them. Applying an
action is the engine's business.
"""
