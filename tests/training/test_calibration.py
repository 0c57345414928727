from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from thaigov_events.annotations import Document, Entity, Relation
from thaigov_events.annotations.metrics import calibration_error
from thaigov_events.annotations.schema import Schema
from thaigov_events.models.bundle import Calibration, ModelSettings
from thaigov_events.models.predictor import calibrate
from thaigov_events.training.calibration import _best_threshold, fit_doubt, fit_joining, fit_platt, list_things


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


SAME_EVENT = next(relation for relation in Schema.load(None).relations if relation.identity)


def linked(*links: tuple[int, int, float | None]) -> Document:
    """Six mentions in a row, some of them linked, with a score or as in the gold."""
    entities = tuple(Entity(f"T{k}", "EVENT", 3 * k, 3 * k + 2) for k in range(6))
    relations = tuple(Relation("same_event", f"T{head}", f"T{tail}", score) for head, tail, score in links)
    return Document("one", "ก" * 20, entities, relations)


def test_what_is_joined_in_steps_is_one_thing() -> None:
    document = linked((2, 0, None), (5, 2, None), (4, 3, None))
    place = Entity("T9", "VENUE", 18, 20)
    told = replace(
        document, entities=(*document.entities, place), relations=(*document.relations, Relation("held_at", "T5", "T9"))
    )
    mentions = [("EVENT", (3 * k, 3 * k + 2, "EVENT")) for k in range(6)]
    venue = ("held_at", ("VENUE", (18, 20, "VENUE")))
    expected = [{mentions[0], mentions[2], mentions[5], venue}, {mentions[1]}, {mentions[3], mentions[4]}]
    assert list_things(told, SAME_EVENT) == expected


def test_a_link_below_the_threshold_joins_nothing() -> None:
    weak, without = linked((2, 0, 0.3), (5, 2, 0.1)), linked((2, 0, None))
    assert list_things(weak, SAME_EVENT, threshold=0.2) == list_things(without, SAME_EVENT)
    assert list_things(weak, SAME_EVENT) != list_things(without, SAME_EVENT)


def test_links_of_identity_are_kept_for_what_they_join() -> None:
    gold = [linked((1, 0, None), (2, 1, None), (3, 2, None))]
    # without its weak link in the middle what is told of four mentions falls to two things, and half of it is lost
    chain = linked((1, 0, 0.9), (2, 1, 0.3), (3, 2, 0.9), (5, 4, 0.2))
    assert 0.2 < fit_joining(SAME_EVENT, gold, [chain], otherwise=0.5) <= 0.3
    assert fit_joining(SAME_EVENT, [linked()], [chain], otherwise=0.45) == 0.45


def doubt(*found: tuple[bool, float], links: str = "") -> float:
    """Return the fitted threshold for mentions that are right or not, of such a confidence; some are linked."""
    text = "ก" * len(found)
    entities = [Entity(f"T{k}", "DATE", k, k + 1, score) for k, (_, score) in enumerate(found)]
    gold = [Entity(f"G{k}", "DATE", k, k + 1) for k, (right, _) in enumerate(found) if right]
    relations = [Relation("held_on", *ends.split("-"), 0.6) for ends in links.split()]
    settings = ModelSettings(Schema.load(None), thresholds={"held_on": 0.5})
    return fit_doubt(
        settings, [Document("d", text, tuple(gold))], [Document("d", text, tuple(entities), tuple(relations))]
    )


def test_doubtful_mentions_are_left_out_where_that_raises_f1() -> None:
    sure = [(True, 0.9)] * 8
    f1 = 2 * 8 / (8 + 10)
    assert doubt(*sure, (False, 0.2), (False, 0.3)) == pytest.approx(f1 / 2, abs=1e-3)
    assert doubt(*sure, (True, 0.2), (True, 0.3)) == 0, "doubtful, and yet right"
    assert doubt(*sure, (False, 0.2), (False, 0.3), links="T8-T9") == 0, "what is linked stays, so nothing is gained"
    assert doubt() == 0
