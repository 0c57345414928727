"""From text to records: reading, extraction, normalisation, assembly, views and the command line."""

from thaigov_events.inference.extractor import Extraction, Extractor
from thaigov_events.inference.inputs import Article

__all__ = ["Article", "Extraction", "Extractor"]
