"""What was received, to be listened to later: encoded packets in a ring, decoded for whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Heard:
    """A `Sound`: seconds since the stream was started, 16,000 samples a second, mono."""

    @property
    def position(self) -> float:
        """Seconds played so far; goes on through silence and hold."""
        raise NotImplementedError

    def samples(self, begin: float, end: float) -> NDArray[np.int16]:
        """The sound between two positions; losses concealed, zeros where nothing was or nothing is kept."""
        raise NotImplementedError
