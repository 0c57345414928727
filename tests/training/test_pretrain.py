import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402
from transformers import AutoModel  # noqa: E402

from thaigov_events.models.tokenizer import Tokenizer, build_tokenizer  # noqa: E402
from thaigov_events.training import pretrain as module  # noqa: E402
from thaigov_events.training.pretrain import PretrainConfig, build_encoder, pretrain, rate_at  # noqa: E402

PIECES = ["▁", "ก", "ข", "ค", "การ", "ประชุม", "▁นาย", "จังหวัด", "<mask>"]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PretrainConfig:
    monkeypatch.chdir(tmp_path)
    special = [(p, 0.0) for p in ("<s>", "<pad>", "</s>", "<unk>")]
    Tokenizer(build_tokenizer([*special, *((p, -1.0) for p in PIECES)])).save(tmp_path)
    with (tmp_path / "texts.jsonl").open("w", encoding="utf-8") as file:
        for k in range(60):
            file.write(json.dumps({"text": "นายก การประชุมจังหวัด " * (1 + k % 5)}) + "\n")
    return PretrainConfig(
        text=str(tmp_path / "texts.jsonl"), output=str(tmp_path / "whole"), tokenizer=str(tmp_path), layers=1,
        length=16, batch=4, steps=6, warmup=1, save_every=3, log_every=1,
    )  # fmt: skip


def test_a_resumed_run_ends_as_an_unbroken_one_and_loads_in_transformers(
    config: PretrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretrain(config)
    broken = replace(config, output=str(tmp_path / "broken"))
    batch = module._batch

    def fail_in_fifth(blocks: object, settings: PretrainConfig, step: int, **rest: int) -> object:
        if step == 4:
            raise KeyboardInterrupt
        return batch(blocks, settings, step, **rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(module, "_batch", fail_in_fifth)
        with pytest.raises(KeyboardInterrupt):
            pretrain(broken)
    pretrain(broken, resume=True)
    whole, resumed = (load_file(Path(c.output) / "checkpoint.safetensors") for c in (config, broken))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    losses = [json.loads(line)["loss"] for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert len(losses) == 6
    assert losses[-1] < losses[0]
    assert AutoModel.from_pretrained(tmp_path / "whole").config.num_hidden_layers == 1


def test_a_run_may_start_from_a_folder_with_another_vocabulary(config: PretrainConfig, tmp_path: Path) -> None:
    pretrain(replace(config, steps=1))
    special = [(p, 0.0) for p in ("<s>", "<pad>", "</s>", "<unk>")]
    other = Tokenizer(build_tokenizer([*special, ("ประชุม", -1.0), ("▁", -1.0), ("<mask>", 0.0)]))
    encoder = build_encoder(replace(config, start=config.output), other)
    old = load_file(Path(config.output) / "model.safetensors")["embeddings.word_embeddings.weight"].float()
    first = Tokenizer.load(tmp_path / "tokenizer.json").vocabulary
    new = encoder.embeddings.word_embeddings.weight
    assert torch.equal(new[other.vocabulary["ประชุม"]], old[first["ประชุม"]])


def test_no_steps_write_what_a_run_begins_with(config: PretrainConfig) -> None:
    pretrain(replace(config, steps=0, text="needs/no/text.jsonl"))
    begins_with = build_encoder(config, Tokenizer.load(Path(config.tokenizer) / "tokenizer.json")).state_dict()
    written = load_file(Path(config.output) / "model.safetensors")
    assert written.keys() == begins_with.keys()
    assert all(torch.equal(written[name], tensor.half()) for name, tensor in begins_with.items())


def test_the_rate_warms_up_stays_and_falls(config: PretrainConfig) -> None:
    settings = replace(config, steps=100, warmup=10, decay=0.5)
    rates = [rate_at(settings, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9:51] == [1.0] * 42
    assert rates[99] == pytest.approx(0.02)
    assert rates == sorted(rates[:50]) + sorted(rates[50:], reverse=True)


def test_resuming_nothing_is_an_error(config: PretrainConfig) -> None:
    with pytest.raises(FileNotFoundError, match="without --resume"):
        pretrain(config, resume=True)
