"""Sound as numbers: codecs of a call, rates, tones made and tones recognised, WAV files."""
