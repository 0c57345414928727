"""Several processes train as one does."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

import torch.distributed as dist  # noqa: E402
from safetensors import safe_open  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

from thaigov_events.annotations import Document  # noqa: E402
from thaigov_events.models.alignment import Example  # noqa: E402
from thaigov_events.training.distributed import ALONE, LONGEST_WAIT, Processes, join_processes  # noqa: E402
from thaigov_events.training.train import Trainer  # noqa: E402
from thaigov_events.training.train_config import TrainConfig  # noqa: E402

WORKER = Path(__file__).with_name("distributed_worker.py")


@pytest.fixture(scope="module")
def config(tiny_encoder: Path, corpus_file: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """Ten documents make updates of two micro-batches, two, and one, which leaves the second process without any."""
    return TrainConfig(
        train=(str(corpus_file),), dev=str(corpus_file), output=str(tmp_path_factory.mktemp("alone")),
        encoder=str(tiny_encoder), window=48, overlap=16, epochs=3, batch=2, accumulate=2, mention_size=32,
        augmented=0.5, precision="fp32",
    )  # fmt: skip


def write_toml(path: Path, config: TrainConfig) -> None:
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in asdict(config).items()]
    path.write_text("\n".join(lines), encoding="utf-8")


@dataclass(frozen=True)
class Pair:
    """What two processes left in their folder, and what each printed."""

    folder: Path
    printed: list[str]


@pytest.fixture(scope="module")
def pair(config: TrainConfig, more_documents: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("pair")
    texts = folder / "texts.jsonl"
    texts.write_text("".join(json.dumps({"id": d.id, "text": d.text}) + "\n" for d in more_documents), encoding="utf-8")
    whole = str(folder / "whole")
    for name, change in {
        "whole": {}, "broken": {}, "student": {"epochs": 1, "teachers": (whole,), "unlabelled": str(texts)},
    }.items():  # fmt: skip
        write_toml(folder / f"{name}.toml", replace(config, output=str(folder / name), **change))  # type: ignore[arg-type]
    # as many threads as here, so that sums are rounded alike
    environment = os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads()), "GLOO_SOCKET_IFNAME": "lo"}
    started = [
        subprocess.Popen(
            [sys.executable, str(WORKER), str(rank), str(folder)], env=environment, text=True, encoding="utf-8",
            stdout=subprocess.PIPE, stderr=(folder / f"errors-{rank}").open("w"),
        )
        for rank in range(2)
    ]  # fmt: skip
    try:
        printed = [process.communicate(timeout=900)[0] for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0, 0], "\n".join(
        (folder / f"errors-{rank}").read_text()[-2000:] for rank in range(2)
    )
    return Pair(folder, printed)


def read_progress(run: Path) -> dict[str, object]:
    with safe_open(run / "checkpoint.safetensors", "pt") as file:
        progress: dict[str, object] = json.loads(file.metadata()["progress"])
    return {name: value for name, value in progress.items() if name != "run"}


def test_two_processes_end_as_one_does(pair: Pair, config: TrainConfig) -> None:
    Trainer(config).run()
    for name in ("checkpoint.safetensors", "model.safetensors"):
        alone, together = (load_file(folder / name) for folder in (Path(config.output), pair.folder / "whole"))
        assert alone.keys() == together.keys()
        for key in alone:
            # the bias of attention's keys has no gradient but that of rounding, which Adam scales up
            rounding = 1e-5 if key.endswith(("attention.self.key.bias", "project.bias")) else 1e-6
            torch.testing.assert_close(
                together[key], alone[key], rtol=1e-4, atol=rounding, msg=lambda m, k=key: f"{k}: {m}"
            )
    assert read_progress(pair.folder / "whole") == read_progress(Path(config.output))


def test_two_processes_that_were_broken_off_go_on_exactly(pair: Pair) -> None:
    whole, resumed = (load_file(pair.folder / name / "checkpoint.safetensors") for name in ("whole", "broken"))
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_gradients_are_summed_and_missing_ones_stay_missing(pair: Pair) -> None:
    for rank in range(2):
        found = json.loads((pair.folder / f"gradients-{rank}.json").read_text())
        assert found == [[3.0, 6.0], [5.0, 6.0], None]


def test_only_the_first_process_tells(pair: Pair) -> None:
    assert pair.printed[0].count('{"epoch": 3') == 2
    assert pair.printed[0].count("dev: entities") == 3
    assert pair.printed[1] == ""


def test_teachers_are_asked_once(pair: Pair) -> None:
    assert len(list((pair.folder / "student").glob("teaching-*.safetensors"))) == 1
    assert "unlabelled: 12 texts" in pair.printed[0]


def test_each_micro_batch_is_the_same_in_whichever_process(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Processes, "sum_gradients", lambda self, parameters: None)

    def record(processes: Processes) -> dict[int, str]:
        """Return the pieces of each micro-batch, and a number drawn for its masks and spans, by its seed."""
        trainer, seen = Trainer(config, processes), dict[int, str]()

        def note(examples: Sequence[Example], random: np.random.Generator, *, predicted: bool) -> tuple[object, object]:
            pieces = [example.tokens.ids.tolist() for example in examples]
            seen[torch.initial_seed()] = json.dumps([pieces, random.random()])
            nothing = sum(p.sum() for p in trainer.network.parameters()) * 0
            return nothing, nothing

        monkeypatch.setattr(trainer, "_losses", note)
        for epoch in range(2):
            for update in range(trainer.per_epoch):
                trainer._update(update + epoch * trainer.per_epoch, np.arange(10)[4 * update :][:4], predicted=False)
        return seen

    alone, first, second = (record(p) for p in (ALONE, Processes(0, 2), Processes(1, 2)))
    assert len(alone) == 10, "two epochs of five, each with its own seed"
    assert (len(first), len(second)) == (6, 4)
    assert alone == first | second


@given(st.lists(st.integers()), st.integers(1, 9))
def test_each_item_is_the_share_of_one_process(items: list[int], count: int) -> None:
    shares = [Processes(rank, count).share(items) for rank in range(count)]
    assert sorted(item for share in shares for item in share) == sorted(items)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert len(shares[0]) == max(map(len, shares)), "the first one is never without a micro-batch"


@pytest.mark.parametrize(("rank", "count"), [(2, 2), (-1, 2), (0, 0)])
def test_impossible_places_are_refused(rank: int, count: int) -> None:
    with pytest.raises(ValueError, match=f"rank {rank} of {count}"):
        Processes(rank, count)


def test_more_processes_than_micro_batches_are_refused(config: TrainConfig) -> None:
    with pytest.raises(ValueError, match=r"accumulate = 2: 3 processes .* set accumulate to 3"):
        Trainer(config, Processes(0, 3))


def test_processes_that_begin_elsewhere_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Processes, "call_first", lambda self, function: {"update": 5})
    Processes(1, 2).check_start({"update": 5}, folder=tmp_path)
    with pytest.raises(ValueError, match="process 1 finds other settings, data or another checkpoint"):
        Processes(1, 2).check_start({"update": 3}, folder=tmp_path)


def test_processes_of_a_launcher_meet_and_part(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    monkeypatch.setattr(dist, "init_process_group", lambda backend, timeout: calls.append((backend, timeout)))
    monkeypatch.setattr(dist, "destroy_process_group", lambda: calls.append("left"))
    monkeypatch.setattr(dist, "get_rank", lambda: 1)
    monkeypatch.setattr(dist, "get_world_size", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with join_processes() as processes:
        assert processes == Processes(1, 2)
    assert calls == [("gloo", LONGEST_WAIT), "left"]
    with pytest.raises(KeyError), join_processes():
        raise KeyError
    assert calls[2:] == [("gloo", LONGEST_WAIT)], "a process that fails does not wait for the others"


def test_without_a_launcher_a_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join_processes() as processes:
        assert processes == ALONE
        assert processes.call_first(lambda x: x, 3) == 3
