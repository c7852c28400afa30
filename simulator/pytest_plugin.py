"""The pytest plugin: fixtures, options and markers, all named `axis`."""
