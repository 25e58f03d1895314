"""The errors this project raises on purpose. Each also inherits the built-in it is a kind of.

    DigitReaderError
    ├── ConfigError (ValueError)       config.yaml: unknown key, wrong type, out of range, bad YAML       exit 78
    ├── UsageError (ValueError)        the command line asks for something that cannot be                 exit 2
    ├── ImageError (ValueError)        a picture, video or drawing that cannot be read                    exit 1
    ├── LabelsError (ValueError)       a labels.csv that cannot be scored against                         exit 1
    ├── DataError (ValueError)         training data: corrupt, truncated, mismatched, missing             exit 1
    │   └── DownloadError (OSError)    no mirror delivered the file with the right sha256                 exit 1
    ├── TrainingError (RuntimeError)   a run that cannot be started or resumed as asked                   exit 1
    ├── ModelFileError (ValueError)    a .tflite that is damaged, foreign or of another contract          exit 1
    ├── ConversionRefused (ValueError) a model that fails a gate; the old file is left as it was          exit 1
    ├── HistoryError (OSError)         a history file that is missing, damaged or foreign                  exit 1
    ├── PageError (OSError)            an address the page cannot be served on                            exit 1
    └── SourceError (OSError)          a camera or recording that cannot be opened or went away           exit 1

The command line prints one line, `error: <message>`, and exits with the status; a message says where, what was found,
what is allowed, and the remedy.
"""


class DigitReaderError(Exception):
    """Anything this project refuses with a message meant for a person."""

    exit_status = 1


class ConfigError(DigitReaderError, ValueError):
    """A config file that does not follow the schema; one line with file, key path, value and what is allowed."""

    exit_status = 78  # EX_CONFIG of sysexits.h: a service manager must not restart on it


class UsageError(DigitReaderError, ValueError):
    """Arguments that parse but make no sense together, or name something that does not exist."""

    exit_status = 2


class ImageError(DigitReaderError, ValueError):
    """A picture, video or drawing that cannot be decoded."""


class LabelsError(DigitReaderError, ValueError):
    """A labels.csv that is missing, has no `file` and `digits` columns, or names files that are not there."""


class DataError(DigitReaderError, ValueError):
    """Training data that is missing, truncated, corrupt or inconsistent."""


class DownloadError(DataError, OSError):
    """A download that no mirror could deliver whole."""


class TrainingError(DigitReaderError, RuntimeError):
    """A training run that cannot start or resume as asked."""


class ModelFileError(DigitReaderError, ValueError):
    """A model file that cannot be trusted: no manifest, wrong sha256, another glyph contract."""


class ConversionRefused(DigitReaderError, ValueError):
    """A conversion that failed a gate. Nothing was written."""


class HistoryError(DigitReaderError, OSError):
    """A history that cannot be read: no file, a damaged one, or one of something else."""


class PageError(DigitReaderError, OSError):
    """An address the page cannot be served on: taken, not allowed, or not of this machine."""


class SourceError(DigitReaderError, OSError):
    """A source of frames that cannot be opened, or that went away."""
