"""Set Python's interpreter up for a process whose one loop serves thousands of readers."""

import gc
import sys

#: While a thread computes, the loop waits for the interpreter so long each time. Python's own interval is five times as
#: long.
_SWITCH_SECONDS = 0.001

#: Numbers of new objects, and of collections of each younger generation, that begin a collection (`gc.set_threshold`).
#: A request makes thousands of objects, nearly all of which go without the collector.
_THRESHOLDS = (10_000, 20, 20)


def tune() -> None:
    """Let the loop wait little for threads and for the garbage collector.

    Call this before the first connection. The collector leaves alone all objects of that moment, hundreds of thousands
    that stay to the end: to look at them takes a tenth of a second, in which nobody is served.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
