"""Files of pretrained encoders: of a local folder, or of the model hub by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def explain_failure(name: str, *, option: str) -> Iterator[None]:
    """Turn what transformers raises, when a folder or the hub lacks something, into one sentence with a mend.

    Raises:
        FileNotFoundError: naming `name`, the cause, and the configuration's `option` that may name a folder instead.
    """
    try:
        yield
    except OSError as error:
        cause = str(error).strip().split("\n")[0]
        if Path(name).is_dir():
            raise FileNotFoundError(f"{name}: {cause}") from error
        raise FileNotFoundError(
            f"{name}: neither a folder here nor to be had from the model hub ({cause}). If it is a run's, do that run "
            f"first (make pretrain or make train); else fetch it where the hub can be reached (hf download {name} "
            f'--local-dir DIR), and set {option} = "DIR" in the configuration'
        ) from error


def find_file(name: str, file: str) -> Path | None:
    """Return the path of a file of a folder or of the hub's repository `name`, None where it has no such file.

    Raises:
        OSError: by transformers, when `name` is neither.
    """
    from transformers.utils.hub import cached_file

    found = cached_file(name, file, _raise_exceptions_for_missing_entries=False)
    return Path(found) if found else None
