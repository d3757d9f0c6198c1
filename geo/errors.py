"""The errors that stop landready, drawn as a tree.

LandError                    anything landready raises on purpose
├── PlanError                the plan cannot be used        (also a ValueError)
├── LayerError               a file cannot be read          (also an OSError)
├── ChecksError              findings forbid official sums  (also a ValueError)
├── LawError                 the sums contradict each other (also an ArithmeticError)
├── PublishError             the output cannot be written   (also an OSError)
├── LedgerError              the ledger cannot be used      (also an OSError)
├── SequenceError            what is asked cannot be done   (also a ValueError)
└── ClusterError             a cluster cannot be used       (also an OSError)

Every error is made of findings, so that it says where, what and the cure in both languages,
and so that ``landready check`` can list it beside the faults of single rows.
"""

from geo.findings import Finding


class LandError(Exception):
    """Anything that landready raises on purpose; ``findings`` says where, what and the cure."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings

    def __reduce__(self) -> tuple[type["LandError"], tuple[Finding, ...]]:
        """How it travels to another process: as its findings."""
        return type(self), self.findings


class PlanError(LandError, ValueError):
    """The plan file cannot be used; every fault found in it is listed."""


class LayerError(LandError, OSError):
    """A layer or table cannot be read, or its coordinates cannot be placed."""


class ChecksError(LandError, ValueError):
    """Findings of severity *error* that the plan does not accept."""


class LawError(LandError, ArithmeticError):
    """Parts that do not add up to their whole: a figure would be wrong, so none is published."""


class PublishError(LandError, OSError):
    """The output cannot be written, or reads back differently from what was written."""


class LedgerError(LandError, OSError):
    """A ledger cannot be opened, trusted or written; nothing was appended."""


class SequenceError(LandError, ValueError):
    """What is asked of the future cannot be done: no duration, no cost, terms that exclude."""


class ClusterError(LandError, OSError):
    """A cluster does not answer, has no workers left, or has other versions than this machine."""
