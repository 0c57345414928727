"""What is labelled and how: the schema, documents, corpora, and the measures that compare two of them."""

from thaigov_events.annotations.corpus import CorpusError, read_corpus, write_corpus
from thaigov_events.annotations.document import Document, DocumentError, Entity, Relation
from thaigov_events.annotations.schema import EntityType, RelationType, Schema, SchemaError

__all__ = [
    "CorpusError",
    "Document",
    "DocumentError",
    "Entity",
    "EntityType",
    "Relation",
    "RelationType",
    "Schema",
    "SchemaError",
    "read_corpus",
    "write_corpus",
]
