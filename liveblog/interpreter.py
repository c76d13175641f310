"""Tune Python's interpreter for a process whose event loop serves thousands of readers."""

import gc
import sys

#: The switch interval in seconds: the time that the loop waits for the interpreter while a thread computes. Python's
#: default is five times as long.
_SWITCH_SECONDS = 0.001

#: Numbers of new objects, and of collections of each younger generation, that start a collection (`gc.set_threshold`).
#: A request makes thousands of objects, and reference counting frees nearly all of them.
_THRESHOLDS = (10_000, 20, 20)


def tune() -> None:
    """Keep the loop from waiting long for threads and for the garbage collector.

    Call this before the first connection. The collector ignores all objects that exist at that moment. They are
    hundreds of thousands and stay to the end; traversing them would take a tenth of a second, in which nobody is
    served.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
