"""The light of a speaker: profiles, the activities that run, and which of them is seen.

`Light` is the component; `pattern` says what a light can do, `profile` keeps named patterns, `activity` decides
which of several running ones is on top (audio sheet 6; C1410 manual, Light).
"""
