"""The engines beside each other, on a network that was trained on the spot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from thaigov_events.annotations import Document  # noqa: E402
from thaigov_events.models.bundle import ModelSettings  # noqa: E402
from thaigov_events.models.predictor import Predictor  # noqa: E402
from thaigov_events.models.runtime import open_runtime  # noqa: E402
from thaigov_events.models.tokenizer import load_tokenizer  # noqa: E402
from thaigov_events.models.torch_runtime import TorchRuntime  # noqa: E402

Load = Callable[[str], Predictor]


def load(folder: Path, backend: str, *, batch_tokens: int = 4096) -> Predictor:
    if backend == "openvino":
        pytest.importorskip("openvino")
    runtime = open_runtime(folder, backend=backend, threads=1)
    return Predictor(runtime, load_tokenizer(folder), ModelSettings.load(folder), batch_tokens=batch_tokens)


@pytest.fixture(scope="module")
def texts(documents: list[Document]) -> list[str]:
    """Texts of one window and of several, of many lengths; one says nothing."""
    made = [document.text for document in documents]
    return [*made, "", *(" ".join(made[: count + 2])[count * 3 :] for count in range(5)), "ประชุม", made[0] * 3]


@pytest.fixture(scope="module")
def loaded(int8: Path) -> Load:
    kept: dict[str, Predictor] = {}
    return lambda backend: kept.setdefault(backend, load(int8, backend))


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_document_does_not_depend_on_those_beside_it(
    backend: str, loaded: Load, texts: list[str], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=12))
    one = loaded(backend)
    predictor = Predictor(one.runtime, one.tokenizer, one.settings, batch_tokens=data.draw(st.integers(50, 2000)))
    together = predictor.predict([(str(number), texts[number]) for number in chosen])
    assert together == [one.predict_one(str(number), texts[number]) for number in chosen]


def test_cores_give_the_same_together_and_apart(int8: Path, texts: list[str]) -> None:
    pytest.importorskip("openvino")
    runtime, tokenizer = open_runtime(int8, backend="openvino", threads=2), load_tokenizer(int8)
    rows = [tokenizer.encode(text).ids for text in texts if text]
    batches = [(row[np.newaxis, :250], np.ones_like(row[np.newaxis, :250])) for row in rows] * 3
    for apart, batch in zip(runtime.encode(batches), batches, strict=True):
        (together,) = runtime.encode([batch])
        for left, right in zip(apart, together, strict=True):
            assert left.shape[:2] == batch[0].shape and np.array_equal(left, right)


def test_of_a_stream_only_a_few_texts_are_held(loaded: Load, texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thaigov_events.models.sections.GROUP", 100)
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield str(taken), texts[taken % len(texts)]

    stream = loaded("onnx").stream(endless())  # type: ignore[arg-type]
    ids = [next(stream).id for _ in range(30)]
    assert ids == [str(number) for number in range(1, 31)]
    assert taken < 30 + 100


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_in_fp32_an_engine_gives_what_torch_gives(
    trained_run: Path, fp32: Path, texts: list[str], backend: str
) -> None:
    exact, other = load(trained_run, "torch"), load(fp32, backend)
    sequences = [exact.tokenizer.encode(text) for text in texts if text]
    for ours, theirs in zip(exact.encode(sequences), other.encode(sequences), strict=True):
        for left, right in zip(ours, theirs, strict=True):
            assert np.abs(left - right).max() < 2e-4
    other.settings = exact.settings
    for ours, theirs in zip(predict_all(exact, texts), predict_all(other, texts), strict=True):
        assert ours.keys() == theirs.keys()
        assert all(abs(score - theirs[item]) < 2e-3 for item, score in ours.items())


def test_in_16_bits_the_torch_engine_finds_the_same(
    trained_run: Path, documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a GPU does, on the CPU: the encoder alone is run in 16 bits."""
    predictor = load(trained_run, "torch")
    texts = [document.text for document in documents]
    exact = predict_all(predictor, texts)
    monkeypatch.setattr(TorchRuntime, "_autocast", lambda self: torch.autocast("cpu", torch.bfloat16))
    rounded = predict_all(predictor, texts)
    assert exact != rounded
    missed = sum(len(ours.keys() ^ theirs.keys()) for ours, theirs in zip(exact, rounded, strict=True))
    assert missed <= 0.03 * sum(map(len, exact))


def test_a_gpu_that_is_not_there_is_told(trained_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="no GPU here"):
        open_runtime(trained_run, backend="torch", device="cuda")


def predict_all(predictor: Predictor, texts: list[str]) -> list[dict[tuple[object, ...], float]]:
    """Return the scores of the mentions and relations of each text."""
    return [
        {(e.label, e.start, e.end): e.score or 0 for e in document.entities}
        | {(r.label, r.head, r.tail): r.score or 0 for r in document.relations}
        for document in predictor.predict([("d", text) for text in texts])
    ]
