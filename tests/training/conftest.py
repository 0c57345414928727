"""The tiny network's tokenizer and candidate pairs, its graphs, and a tokenizer of another kind than its own."""

from pathlib import Path

import pytest
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

from thaigov_events.annotations import Document
from thaigov_events.annotations.schema import Schema
from thaigov_events.models.candidates import Candidates
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.models.tokenizer_profile import Profile

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.load(Path("models/compact/tokenizer.json"))


@pytest.fixture
def candidates(schema: Schema) -> Candidates:
    return Candidates(schema, 48)


@pytest.fixture(scope="session")
def other_tokenizer(documents: list[Document]) -> Tokenizer:
    """A small tokenizer of XLM-R's make: letters and long pieces in turn, and no border where words meet."""
    tokenizer = tokenizers.Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=150, special_tokens=list(SPECIAL), unk_token="<unk>", show_progress=False
    )  # fmt: skip
    tokenizer.train_from_iterator([document.text for document in documents], trainer)
    return Tokenizer(tokenizer, Profile("generic"))


@pytest.fixture(scope="session")
def fp32(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from thaigov_events.training.export import export_model

    folder = tmp_path_factory.mktemp("fp32")
    export_model(trained_run, folder, precision="fp32")
    return folder


@pytest.fixture(scope="session")
def int8(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("nncf")
    from thaigov_events.training.export import export_model

    folder = tmp_path_factory.mktemp("int8")
    export_model(trained_run, folder, precision="int8")
    return folder
