"""What hands can do: each action is one frozen dataclass from which the YAML verb, the control call and the handle method follow."""
