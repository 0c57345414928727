from dataclasses import dataclass
from pathlib import Path

import pytest

from thaigov_events.training.config import ConfigError, read_config

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Settings:
    name: str
    paths: tuple[str, ...] = ()
    rate: float = 0.5
    steps: int = 3
    fast: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError("steps must be 1 or more")


def write(folder: Path, text: str) -> Path:
    path = folder / "experiment.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_settings_are_read_and_defaults_kept(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "x"\npaths = ["a", "b"]\nrate = 1\n')
    assert read_config(path, Settings) == Settings("x", ("a", "b"), 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "x"\nstep = 3', "unknown setting 'step'; did you mean steps"),
        ('name = "x"\nsteps = 1.5', "steps = 1.5 should be"),
        ('name = "x"\nsteps = true', "steps = True should be"),
        ("name = 3", "name = 3 should be"),
        ('name = "x"\npaths = "a"', "paths = 'a' should be"),
        ("steps = 3", "name must be set"),
        ('name = "x"\nsteps = 0', "steps must be 1 or more"),
        ("name = ", "not TOML"),
    ],
)
def test_errors_name_the_file_and_the_setting(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_config(path, Settings)
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration"):
        read_config(tmp_path / "none.toml", Settings)


def test_the_configurations_that_come_along_are_sound() -> None:
    pytest.importorskip("torch")
    from thaigov_events.training.pretrain import PretrainConfig
    from thaigov_events.training.train_config import TrainConfig

    for path in sorted((ROOT / "training" / "configs").glob("*.toml")):
        read_config(path, PretrainConfig if path.stem.startswith("pretrain") else TrainConfig)
