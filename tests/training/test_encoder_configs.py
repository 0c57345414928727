"""The configurations of other encoders are whole, and say what their profile needs."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from thaigov_events.models.tokenizer_profile import KINDS
from thaigov_events.training.config import read_config
from thaigov_events.training.train_config import TrainConfig

CONFIGS = Path(__file__).parents[2] / "training" / "configs"


@pytest.mark.parametrize("name", ["wangchanberta", "phayathaibert", "xlm-roberta", "mdeberta"])
def test_configurations_of_encoders_can_be_read(name: str) -> None:
    config = read_config(CONFIGS / f"{name}.toml", TrainConfig)
    assert config.encoder == config.tokenizer and "/" in config.encoder
    assert config.profile in KINDS and config.profile != "compact"
    assert (config.window, config.output) == (0, f"runs/{name}")
    assert config.encoder_rate <= 1e-4


def test_the_laptops_model_needs_no_run_but_the_teachers() -> None:
    config = read_config(CONFIGS / "distilled.toml", TrainConfig)
    assert (config.layers, config.start, config.profile) == (4, "", "compact")
