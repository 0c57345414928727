"""Encoders of each family, tiny and random: they load, learn, are exported, and give the same there as in torch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file  # noqa: E402

from thaigov_events.annotations import Document, Entity, read_corpus, write_corpus  # noqa: E402
from thaigov_events.annotations.metrics import compare  # noqa: E402
from thaigov_events.annotations.schema import Schema  # noqa: E402
from thaigov_events.inference import Extractor  # noqa: E402
from thaigov_events.models.bundle import ModelSettings  # noqa: E402
from thaigov_events.models.encoders import (  # noqa: E402
    check_vocabulary,
    fit_window,
    layer_depth,
    load_encoder,
    window_limit,
)
from thaigov_events.models.network import JointNetwork, NetworkConfig  # noqa: E402
from thaigov_events.models.predictor import Predictor  # noqa: E402
from thaigov_events.models.runtime import OnnxRuntime  # noqa: E402
from thaigov_events.models.tokenizer import Tokenizer, load_tokenizer  # noqa: E402
from thaigov_events.models.torch_runtime import TorchRuntime, load_network  # noqa: E402
from thaigov_events.training.checkpoints import save_network  # noqa: E402
from thaigov_events.training.export import export_model  # noqa: E402
from thaigov_events.training.train import Trainer  # noqa: E402
from thaigov_events.training.train_config import TrainConfig  # noqa: E402

ROOT = Path(__file__).parents[2]
SIZES: dict[str, Any] = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
    "max_position_embeddings": 130,
}  # fmt: skip
# Model class, kind of tokenizer, what else its configuration needs, and how many pieces a window may have.
FAMILIES: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "bert": ("Bert", "wordpiece", {}, 128),
    "electra": ("Electra", "wordpiece", {"embedding_size": 16}, 128),
    "xlm-roberta": ("XLMRoberta", "unigram", {}, 126),
    "camembert": ("Camembert", "wangchanberta", {}, 126),
    "deberta-v2": (
        "DebertaV2", "unigram",
        {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 16, "norm_rel_ebd": "layer_norm",
         "share_att_key": True, "position_biased_input": False, "type_vocab_size": 0}, 128,
    ),
    "modernbert": ("ModernBert", "bytes", {"local_attention": 16, "global_attn_every_n_layers": 2}, 128),
}  # fmt: skip


def build(family: str, tokenizer: Tokenizer, folder: Path, *, pickle: bool = False) -> str:
    """Write an encoder and its tokenizer into a folder, as the model hub lays them out, and return its name."""
    name, _, extra, _ = FAMILIES[family]
    torch.manual_seed(0)
    special = {"pad_token_id": tokenizer.pad, "bos_token_id": tokenizer.bos, "eos_token_id": tokenizer.eos}
    special |= {"cls_token_id": tokenizer.bos, "sep_token_id": tokenizer.eos} if family == "modernbert" else {}
    config = getattr(transformers, f"{name}Config")(vocab_size=len(tokenizer), **SIZES, **special, **extra)
    model = getattr(transformers, f"{name}Model")(config)
    model.save_pretrained(folder)
    if pickle:
        (folder / "model.safetensors").unlink()
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    tokenizer.save(folder)
    return str(folder)


@pytest.fixture
def family_folder(tokenizer_of: Callable[[str], Tokenizer], tmp_path: Path) -> Callable[[str], str]:
    return lambda family: build(family, tokenizer_of(FAMILIES[family][1]), tmp_path / family)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_loads_and_takes_a_step(family: str, family_folder: Callable[[str], str]) -> None:
    name = family_folder(family)
    encoder = load_encoder(name, dropout=0.3)
    check_vocabulary(encoder, load_tokenizer(Path(name)))
    limit = FAMILIES[family][3]
    assert window_limit(encoder.config) == limit
    assert fit_window(name, window=0, overlap=64) == (limit, limit // 4)
    assert fit_window(name, window=50, overlap=10) == (50, 10)
    with pytest.raises(ValueError, match=f"places for {limit} pieces"):
        fit_window(name, window=limit + 1, overlap=10)
    network = JointNetwork(encoder, NetworkConfig(2, 1, mention_size=16))
    depths = {layer_depth(parameter) for parameter, _ in network.named_parameters() if parameter.startswith("encoder.")}
    assert depths == {0, 1, 2}
    assert any(module.p == 0.3 for module in encoder.modules() if isinstance(module, torch.nn.Dropout))
    ids = torch.randint(7, 60, (2, limit + 2))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    losses = []
    for _ in range(2):
        network.eval()
        _, logits = network(ids, torch.ones_like(ids))
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.full((ids.numel(),), 3))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[1] < losses[0]


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_trains_and_its_export_gives_what_torch_gives(
    family: str, family_folder: Callable[[str], str], corpus_file: Path, documents: list[Document], tmp_path: Path
) -> None:
    name = family_folder(family)
    kind = "wangchanberta" if FAMILIES[family][1] == "wangchanberta" else "generic"
    config = TrainConfig(
        train=(str(corpus_file),), dev=str(corpus_file), output=str(tmp_path / "run"), encoder=name, tokenizer=name,
        profile=kind, window=0, epochs=4, batch=5, mention_size=32, average=0.5, encoder_rate=3e-3,
    )  # fmt: skip
    Trainer(config).run()
    export_model(tmp_path / "run", tmp_path / "model", precision="fp32")
    network, settings = load_network(tmp_path / "run")
    assert settings.window == FAMILIES[family][3]
    tokenizer, exported = load_tokenizer(tmp_path / "model"), ModelSettings.load(tmp_path / "model")
    here, there = TorchRuntime(network), OnnxRuntime(tmp_path / "model")
    tokens = tokenizer.encode("\n".join(document.text for document in documents))
    ids = np.full((2, settings.window + 2), tokenizer.pad)
    mask = np.zeros_like(ids)
    for row, length in enumerate((settings.window, 20)):  # a whole window, and one that is mostly padding
        ids[row, : length + 2] = [tokenizer.bos, *tokens.ids[:length], tokenizer.eos]
        mask[row, : length + 2] = 1
    for ours, theirs in zip(here.encode([(ids, mask)])[0], there.encode([(ids, mask)])[0], strict=True):
        assert np.abs(ours - theirs)[mask == 1].max() < 1e-3
    texts = [
        (document.id, document.text)
        for document in (*documents, Document("long", "\n".join(d.text for d in documents)))
    ]
    ours, theirs = (list(Predictor(runtime, tokenizer, exported).predict(texts)) for runtime in (here, there))
    assert [list(map(place, document.entities)) for document in ours] == [
        list(map(place, document.entities)) for document in theirs
    ]
    assert any(document.entities for document in ours)


def place(entity: Entity) -> tuple[str, int, int]:
    return entity.label, entity.start, entity.end


def test_a_pickle_is_opened_only_if_allowed(tokenizer_of: Callable[[str], Tokenizer], tmp_path: Path) -> None:
    name = build("bert", tokenizer_of("wordpiece"), tmp_path, pickle=True)
    with pytest.raises(FileNotFoundError, match="allow_pickle = true"):
        load_encoder(name)
    assert load_encoder(name, allow_pickle=True).config.hidden_size == 32


@pytest.mark.parametrize("family", FAMILIES)
def test_the_encoder_of_a_finished_run_is_taken_without_its_heads(
    family: str, family_folder: Callable[[str], str], documents: list[Document], tmp_path: Path
) -> None:
    name = family_folder(family)
    tokenizer, schema = load_tokenizer(Path(name)), Schema.load(None)
    network = JointNetwork(load_encoder(name), NetworkConfig(len(schema.entities), len(schema.relations)))
    with torch.no_grad():
        for weight in network.parameters():
            weight += 0.125
    save_network(tmp_path / "run", network, tokenizer, ModelSettings(schema, 24, 8, 48))
    taken, trained = load_encoder(str(tmp_path / "run")).state_dict(), network.encoder.state_dict()
    assert taken.keys() == trained.keys()
    assert all(torch.equal(taken[key], trained[key]) for key in taken)


def test_weights_that_are_not_an_encoder_s_are_refused(family_folder: Callable[[str], str]) -> None:
    name = family_folder("bert")
    weights = load_file(f"{name}/model.safetensors")
    save_file({f"other.{key}": tensor for key, tensor in weights.items()}, f"{name}/model.safetensors")
    with pytest.raises(ValueError, match=r"weights are not among its weights, embeddings.*whole bert encoder"):
        load_encoder(name)


def test_a_hub_out_of_reach_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(FileNotFoundError, match=r'invented/encoder: neither.*encoder = "DIR"'):
        load_encoder("invented/encoder")


def test_a_tokenizer_of_another_encoder_is_refused(
    tokenizer_of: Callable[[str], Tokenizer], family_folder: Callable[[str], str]
) -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        check_vocabulary(load_encoder(family_folder("bert")), tokenizer_of("compact"))


def keep_expressible(document: Document, tokenizer: Tokenizer) -> Document:
    """Leave out mentions with a border inside a piece, as about 8 % have with WangchanBERTa's pieces."""
    tokens = tokenizer.encode(document.text)
    starts, ends = set(tokens.starts[tokens.visible].tolist()), set(tokens.ends[tokens.visible].tolist())
    kept = tuple(entity for entity in document.entities if entity.start in starts and entity.end in ends)
    names = {entity.id for entity in kept}
    relations = tuple(r for r in document.relations if r.head in names and r.tail in names)
    return Document(document.id, document.text, kept, relations)


@pytest.mark.slow
def test_wangchanberta_learns_ten_authored_articles_by_heart(
    tokenizer_of: Callable[[str], Tokenizer], tmp_path: Path
) -> None:
    tokenizer = tokenizer_of("real wangchanberta")
    authored = sorted(read_corpus(ROOT / "annotations" / "authored.jsonl"), key=lambda document: len(document.text))
    documents = [keep_expressible(document, tokenizer) for document in authored[:10]]
    assert sum(len(d.entities) for d in documents) > 0.9 * sum(len(d.entities) for d in authored[:10])
    corpus, hub, run = tmp_path / "ten.jsonl", tmp_path / "hub", tmp_path / "run"
    write_corpus(corpus, documents)
    torch.manual_seed(0)
    shape = transformers.CamembertConfig(
        vocab_size=len(tokenizer), hidden_size=96, num_hidden_layers=2, num_attention_heads=4, intermediate_size=192,
        max_position_embeddings=514, pad_token_id=1, bos_token_id=5, eos_token_id=6, type_vocab_size=1,
    )  # fmt: skip
    transformers.CamembertModel(shape, add_pooling_layer=False).save_pretrained(hub)
    tokenizer.save(hub)
    config = TrainConfig(
        train=(str(corpus),), dev=str(corpus), output=str(run), encoder=str(hub), tokenizer=str(hub),
        profile="wangchanberta", window=0, epochs=60, batch=2, encoder_rate=3e-3, head_rate=3e-3, layer_decay=1.0,
        dropout=0.0, mask_share=0.0, mention_size=64, average=0.8, patience=60,
    )  # fmt: skip
    result = Trainer(config).run()
    assert load_network(run)[1].window == 510
    assert result.entities.total.f1 == 1.0
    export_model(run, tmp_path / "model", precision="fp32")
    found = Extractor.load(tmp_path / "model").predictor.predict([(d.id, d.text) for d in documents])
    assert compare(documents, found).entities.total.f1 == 1.0
