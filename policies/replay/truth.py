"""Kleene's three values, ordered so that *and* is the minimum, *or* the maximum and *not* ``TRUE - truth``."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Truths = NDArray[np.int8]

FALSE: Final = 0
UNKNOWN: Final = 1
TRUE: Final = 2
