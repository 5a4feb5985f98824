"""The exceptions of terrane, by what a caller would do about them."""


class Error(Exception):
    """Any error of terrane. Its text says what is wrong, where, and what to do about it."""


class InvalidError(Error, ValueError):
    """The call is wrong: a box outside the store, a level that does not exist, a read-only volume."""


class ClosedError(InvalidError):
    """The volume was closed. Open it again."""


class NotFoundError(Error, FileNotFoundError):
    """The store or file named does not exist."""


class MissingError(Error):
    """Data was lost: a key that must be there is not. Run verify()."""


class CorruptError(Error):
    """Stored bytes fail a check. Run verify()."""


class IoError(Error, OSError):
    """The disk or the operating system failed. Says nothing about what is stored."""


class LockedError(Error):
    """Another process, or another volume of this one, has the store open for writing."""


class ConflictError(Error):
    """Something changed under the call, or an unfinished ingest is in the way."""


class IncompleteError(Error):
    """The part asked for is not finished: continue its ingest, or read with allow_incomplete=True."""


class UnsupportedError(Error):
    """Written by a newer format, or with a strategy that this build does not have."""


class ExhaustedError(Error, MemoryError):
    """A limit was reached, such as the voxels that one read may give."""


class CancelledError(Error):
    """The work was stopped before its end."""


class InternalError(Error):
    """A bug in terrane. Please report it."""
