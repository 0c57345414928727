"""The folder that a pull writes: a corpus file an annotator, how far they agree, and what they have to settle."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from thaigov_events.annotations.adjudication import Agreement, format_agreement, list_conflicts, name_annotator
from thaigov_events.annotations.corpus import text_hash
from thaigov_events.annotations.folders import replace_folder
from thaigov_events.annotations.label_studio import Annotated
from thaigov_events.annotations.labelling_sync import PullCounts, Pulled

_OWN = re.compile(r"annotator-(\d+|unknown)\.jsonl|agreement\.md|conflicts\.jsonl|notes\.txt|counts\.json")


def write_pulled(folder: Path, pulled: Iterable[Pulled], counts: PullCounts) -> dict[str, int]:
    """Write pulled tasks to a folder, whole or not at all; return what was written: files and their lines.

    `annotator-N.jsonl` is a corpus file of annotator N, each line with the key `annotation`: the numbers of task,
    annotation and annotator, and the time. `agreement.md` has the tables of each two annotators, `conflicts.jsonl` what
    they marked differently, `notes.txt` what was mended in reading, `counts.json` what was met and left out. The tasks
    are taken one after another; of those with one annotator nothing is kept in memory.

    Raises:
        CorpusError: when the folder holds anything else than an earlier pull.
        LabelStudioError: when a task cannot be read; nothing is written then.
    """
    agreement, lines = Agreement(), dict[str, int]()
    with replace_folder(folder, is_own=lambda path: _OWN.fullmatch(path.name) is not None) as new, ExitStack() as stack:
        files: dict[str, TextIO] = {}

        def write(name: str, line: str) -> None:
            if name not in files:
                files[name] = stack.enter_context((new / name).open("w", encoding="utf-8"))
            files[name].write(line + "\n")
            lines[name] = lines.get(name, 0) + 1

        for task in pulled:
            for annotated in task.work:
                write(f"{name_annotator(annotated.annotator)}.jsonl", _dump(_record(annotated)))
                for note in annotated.notes:
                    write("notes.txt", note)
            if len(task.work) > 1:
                agreement.add(task.work)
                for conflict in list_conflicts(task.work):
                    write("conflicts.jsonl", _dump({"id": task.id} | conflict))
        (new / "agreement.md").write_text(format_agreement(agreement.compare()), encoding="utf-8")
        (new / "counts.json").write_text(json.dumps(asdict(counts), indent=1) + "\n", encoding="utf-8")
    return lines


def _record(annotated: Annotated) -> dict[str, Any]:
    provenance = {
        "task": annotated.task,
        "annotation": annotated.annotation,
        "annotator": annotated.annotator,
        "updated": annotated.updated,
    }
    document = annotated.document
    return document.to_dict() | {"sha256": text_hash(document.text), "annotation": provenance}


def _dump(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)
