"""Small tokenizers of every kind, made on the spot from ten invented press releases."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from thaigov_events.annotations import Document
from thaigov_events.models.pretrained_tokenizer import read_tokenizer
from thaigov_events.models.tokenizer import Tokenizer, load_tokenizer
from thaigov_events.models.tokenizer_profile import Profile
from thaigov_events.models.wangchanberta import prepare_text

ROOT = Path(__file__).parents[2]
REAL_WANGCHANBERTA = ROOT.parent / "shared" / "wangchanberta"
BERT = ("[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]")
XLMR = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
# WangchanBERTa's own first pieces, in its order; `<unk>`, `<s>` and `</s>` come before.
FIRST = ("<mask>", "<_>", "า", "▁", ".", "ที่", "และ", ",", "ได้", "ของ", "เป็น")


def generic_profile(special: tuple[str, ...]) -> Profile:
    bos, pad, eos, unk, mask = special
    return Profile("generic", bos=bos, pad=pad, eos=eos, unk=unk, mask=mask)


def train_unigram(texts: list[str]) -> tokenizers.Tokenizer:
    """A tokenizer like XLM-R's: `▁` before each word, compatibility forms folded."""
    tokenizer = tokenizers.Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    trainer = trainers.UnigramTrainer(vocab_size=400, special_tokens=list(XLMR), unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def train_wordpiece(texts: list[str]) -> tokenizers.Tokenizer:
    """A tokenizer like multilingual BERT's, which drops control characters and takes off marks."""
    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=list(BERT), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def train_bytes(texts: list[str]) -> tokenizers.Tokenizer:
    """A tokenizer like ModernBERT's, whose pieces may be parts of a character."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=list(BERT), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


@pytest.fixture(scope="session")
def sentencepiece_folder(documents: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small `sentencepiece.bpe.model` of WangchanBERTa's make, as the model hub has it."""
    sentencepiece = pytest.importorskip("sentencepiece", reason="a small SentencePiece model is trained")
    pytest.importorskip("transformers", reason="it knows the format of SentencePiece models")
    from transformers.utils.sentencepiece_model_pb2_new import ModelProto

    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([prepare_text(d.text)[0] for d in documents] * 3), model_writer=trained, vocab_size=250,
        model_type="unigram", normalization_rule_name="nmt_nfkc", user_defined_symbols=["<_>"], hard_vocab_limit=False,
        minloglevel=2,
    )  # fmt: skip
    model = ModelProto.FromString(trained.getvalue())
    scores = {piece.piece: piece.score for piece in model.pieces}
    rest = [piece for piece in scores if piece not in {*FIRST, "<unk>", "<s>", "</s>"}]
    kinds = {"<unk>": 2, "<s>": 3, "</s>": 3, "<mask>": 4, "<_>": 4}
    del model.pieces[:]
    for piece in ("<unk>", "<s>", "</s>", *FIRST, *rest):
        model.pieces.add(piece=piece, score=scores.get(piece, -5.0), type=kinds.get(piece, 1))
    folder = tmp_path_factory.mktemp("wangchanberta")
    (folder / "sentencepiece.bpe.model").write_bytes(model.SerializeToString())
    return folder


def slow_tokenizer(texts: list[str], folder: Path) -> Tokenizer:
    """A tokenizer that only transformers runs, read back from what was saved."""
    japanese = pytest.importorskip("transformers.models.bert_japanese.tokenization_bert_japanese")
    letters = sorted({letter for text in texts for letter in text if not letter.isspace()})
    pieces = [*BERT, *letters, *(f"##{letter}" for letter in letters), "ประชุม", "##จังหวัด"]
    (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    loaded = japanese.BertJapaneseTokenizer(
        str(folder / "vocab.txt"), word_tokenizer_type="basic", subword_tokenizer_type="wordpiece"
    )
    loaded.save_pretrained(folder)
    read_tokenizer(str(folder), "generic").save(folder / "saved")
    return load_tokenizer(folder / "saved")


@pytest.fixture(scope="session")
def tokenizer_of(
    documents: list[Document], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Callable[[str], Tokenizer]:
    """Return a function that gives a tokenizer by its kind; it skips what cannot be had here."""
    texts = [document.text for document in documents]
    made: dict[str, Tokenizer] = {}

    def make(kind: str) -> Tokenizer:
        if kind == "compact":
            return load_tokenizer(ROOT / "models" / "compact")
        if kind == "wangchanberta":
            return read_tokenizer(str(request.getfixturevalue("sentencepiece_folder")), "wangchanberta")
        if kind == "real wangchanberta":
            if not REAL_WANGCHANBERTA.is_dir():
                pytest.skip(f"{REAL_WANGCHANBERTA}: WangchanBERTa's own tokenizer is not here")
            pytest.importorskip("transformers", reason="it finds the tokenizer's files")
            return read_tokenizer(str(REAL_WANGCHANBERTA), "wangchanberta")
        if kind == "unigram":
            return Tokenizer(train_unigram(texts), generic_profile(XLMR))
        if kind == "wordpiece":
            return Tokenizer(train_wordpiece(texts), generic_profile(BERT))
        if kind == "bytes":
            return Tokenizer(train_bytes(texts), generic_profile(BERT))
        return slow_tokenizer(texts, tmp_path_factory.mktemp("slow"))

    def remember(kind: str) -> Tokenizer:
        if kind not in made:
            made[kind] = make(kind)
        return made[kind]

    return remember
