"""Moving a ledger from one store to another: every entry as it is, and verified there."""

from pathlib import Path

from geo.errors import LedgerError
from geo.ledger.event import Head
from geo.ledger.opening import taking_ledger
from geo.ledger.store import Ledger
from geo.ledger.verify import verify


def move(source: Ledger, target: Path | str) -> Head:
    """Copy a whole ledger to a file or an address where there is none; returns its head there.

    Numbers, moments and hashes stay as they are, and the chain is replayed in both places: all of
    it arrives, or nothing does. The source is left as it was; who goes on in the target should
    write to the source no more. Raises :class:`geo.errors.LedgerError`.
    """
    with source.snapshot():
        head = source.head()
        _replay(source, head)
        outlines, events = source.outlines(), source.events()
    with taking_ledger(target, head, events, outlines) as copy:
        _replay(copy, head)
        return copy.head()


def _replay(ledger: Ledger, head: Head) -> None:
    faults = verify(ledger, head=(head.seq, head.hash) if head.seq else None)
    if any(item.severity == "error" for item in faults):
        raise LedgerError(*faults)
