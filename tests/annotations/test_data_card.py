"""The data card's counts are those of the corpora."""

from pathlib import Path

from thaigov_events.annotations import Schema, read_corpus
from thaigov_events.annotations.corpus import count_labels
from thaigov_events.annotations.standoff_corpus import read_standoff

ANNOTATIONS = Path(__file__).parents[2] / "annotations"


def table() -> dict[str, list[int]]:
    """Return the rows of the table of counts: train, added, later, held-out, dev, authored, samples."""
    text = (ANNOTATIONS / "DATA_CARD.md").read_text("utf-8")
    _, _, rows = text.partition("| | train | added | later | held-out | dev | authored | samples |\n")
    counts = {}
    for row in rows.split("\n\n")[0].splitlines()[1:]:
        name, *numbers = (cell.strip(" *") for cell in row.strip("|").split("|"))
        counts[name] = [int(number.replace(",", "")) for number in numbers]
    return counts


def test_the_counts_are_those_of_the_corpora() -> None:
    schema = Schema.load()
    written = [read_corpus(ANNOTATIONS / name) for name in ("authored.jsonl", "samples.jsonl")]
    stripped = [read_standoff(split) for split in ("train", "added", "later", "held-out", "dev")]
    corpora = [*stripped, *written]
    labels = [count_labels(corpus) for corpus in corpora]  # type: ignore[arg-type]
    lengths = [[d.characters for d in corpus] for corpus in stripped]
    lengths += [[len(d.text) for d in corpus] for corpus in written]
    assert table() == {
        "documents": [len(corpus) for corpus in corpora],
        "characters": [sum(corpus) for corpus in lengths],
        **{name: [entities[name] for entities, _ in labels] for name in schema.entity_names},
        "entities": [entities.total() for entities, _ in labels],
        **{name: [relations[name] for _, relations in labels] for name in schema.relation_names},
        "relations": [relations.total() for _, relations in labels],
    }
