import numpy as np
import pytest

pytest.importorskip("torch")

from thaigov_events.annotations.metrics import calibration_error
from thaigov_events.models.bundle import Calibration
from thaigov_events.models.predictor import calibrate
from thaigov_events.training.calibration import _best_threshold, fit_platt


def test_overconfident_scores_are_calibrated() -> None:
    random = np.random.default_rng(3)
    truth = random.uniform(0.3, 0.95, 4000)
    hits = random.random(4000) < truth
    logits = 3 * np.log(truth / (1 - truth))
    scores = 1 / (1 + np.exp(-logits))
    calibration = fit_platt([((s,), hit) for s, hit in zip(scores.tolist(), hits.tolist(), strict=True)])
    before = calibration_error(scores.tolist(), hits.tolist())
    after = calibration_error(calibrate(scores, calibration).tolist(), hits.tolist())
    assert calibration.scale == pytest.approx(1 / 3, abs=0.05)
    assert after < 0.03 < before


@pytest.mark.parametrize("seed", range(5))
def test_a_very_sure_head_is_fitted_too(seed: int) -> None:
    random = np.random.default_rng(seed)
    scores = np.clip(1 - random.exponential(0.01, 1900), 0.3, 0.99999)
    hits = random.random(1900) < 0.87
    calibration = fit_platt([((s,), hit) for s, hit in zip(scores.tolist(), hits.tolist(), strict=True)])
    assert abs(calibration.scale) < 3
    assert calibration_error(calibrate(scores, calibration).tolist(), hits.tolist()) < 0.03


def test_a_relation_is_as_sure_as_its_ends() -> None:
    random = np.random.default_rng(4)
    links, heads, tails = random.uniform(0.1, 0.99, (3, 6000))
    logit = 0.6 * np.log(links / (1 - links)) + 0.3 * np.log(heads * tails / ((1 - heads) * (1 - tails))) - 1
    hits = random.random(6000) < 1 / (1 + np.exp(-logit))
    rows = zip(links.tolist(), heads.tolist(), tails.tolist(), hits.tolist(), strict=True)
    calibration = fit_platt([((link, head, tail), hit) for link, head, tail, hit in rows])
    assert calibration.scale == pytest.approx(0.6, abs=0.1)
    assert calibration.ends == pytest.approx(0.3, abs=0.07)
    assert calibration.weaker == pytest.approx(0, abs=0.1)
    assert calibration.shift == pytest.approx(-1, abs=0.1)
    assert calibration_error(calibrate(links, calibration, heads, tails).tolist(), hits.tolist()) < 0.03


def test_a_relation_is_less_sure_than_its_weaker_end() -> None:
    random = np.random.default_rng(5)
    links, heads, tails = random.uniform(0.1, 0.99, (3, 6000))
    weaker = np.minimum(heads, tails)
    hits = random.random(6000) < weaker
    rows = zip(links.tolist(), heads.tolist(), tails.tolist(), hits.tolist(), strict=True)
    calibration = fit_platt([((link, head, tail), hit) for link, head, tail, hit in rows])
    assert calibration.weaker == pytest.approx(1, abs=0.15)
    assert calibration.ends == pytest.approx(0, abs=0.1)
    assert calibration_error(calibrate(links, calibration, heads, tails).tolist(), hits.tolist()) < 0.03


def test_nothing_to_fit_changes_nothing() -> None:
    assert fit_platt([]) == Calibration()


def test_the_threshold_with_the_best_f1_is_chosen() -> None:
    scored = [(0.9, True)] * 10 + [(0.45, False)] * 10 + [(0.3, True)]
    assert 0.45 < _best_threshold(scored, 11) <= 0.8
    assert _best_threshold([(0.3, True)] * 5 + [(0.9, True)] * 5, 10) <= 0.3
