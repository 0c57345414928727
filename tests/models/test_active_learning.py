"""The order in which articles are corrected."""

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thaigov_events.annotations import Document, Entity
from thaigov_events.models.active_learning import NEAR, embed_texts, expected_errors, mean_doubt, rank_articles

TOPICS = (
    "จังหวัดตราดจัดพิธีเปิดตลาดนัดผลไม้ของเกษตรกรในพื้นที่อำเภอเขาสมิง",
    "ผู้ว่าราชการจังหวัดน่านตรวจความพร้อมของศูนย์พักพิงก่อนฤดูน้ำหลาก",
    "กรมทางหลวงชี้แจงงบประมาณซ่อมสะพานข้ามแม่น้ำสายใหม่ทางทิศเหนือ",
    "สำนักงานสาธารณสุขอบรมอาสาสมัครเรื่องไข้เลือดออกรอบชุมชน",
)


def propose(name: str, text: str, *scores: float) -> Document:
    """Return a document whose first characters are mentions with these confidences."""
    return Document(name, text, tuple(Entity(f"T{k}", "PERSON", k, k + 1, score) for k, score in enumerate(scores)))


def names(documents: Sequence[Document]) -> list[str]:
    return [document.id for document in documents]


def test_the_least_certain_come_first() -> None:
    scores = {"sure": 0.99, "fair": 0.8, "poor": 0.6, "worst": 0.4}
    pool = [propose(name, text, score) for (name, score), text in zip(scores.items(), TOPICS, strict=True)]
    assert names(rank_articles(pool)) == ["worst", "poor", "fair", "sure"]


def test_expected_errors_add_up_and_their_mean_does_not() -> None:
    long, short = propose("long", TOPICS[0], 0.9, 0.9, 0.9, 0.9), propose("short", TOPICS[1], 0.7)
    assert expected_errors(long) == pytest.approx(0.4)
    assert mean_doubt(long) == pytest.approx(0.1)
    assert names(rank_articles([long, short])) == ["long", "short"]
    assert names(rank_articles([long, short], uncertainty=mean_doubt)) == ["short", "long"]
    assert expected_errors(propose("nothing", TOPICS[0])) == mean_doubt(propose("nothing", TOPICS[0])) == 0


def test_near_duplicates_do_not_follow_one_another() -> None:
    """Three sets of five releases that differ by a date alone; the sets differ in how sure the model is."""
    pool = [
        propose(f"{topic}-{day}", f"วันที่ {day} " + text * 2, 0.3 + 0.2 * topic)
        for topic, text in enumerate(TOPICS[:3])
        for day in range(5)
    ]
    order = names(rank_articles(pool))
    assert sorted(order) == sorted(names(pool))
    assert {name[0] for name in order[:3]} == {"0", "1", "2"}
    assert all(a[0] != b[0] for a, b in pairwise(order[:12]))
    plain = names(rank_articles(pool, diversity=0))
    assert plain[0][0] == "0"
    assert all(a[0] != b[0] for a, b in pairwise(plain[:4]))


def test_what_resembles_corrected_articles_comes_later() -> None:
    pool = [propose(str(place), text, 0.5) for place, text in enumerate(TOPICS)]
    assert names(rank_articles(pool, seen=[TOPICS[0] + " เพิ่มเติม"]))[-1] == "0"
    assert names(rank_articles(pool, seen=[TOPICS[2]]))[-1] == "2"


def test_similarity_tells_near_duplicates_from_others_of_the_genre() -> None:
    texts = [*TOPICS, TOPICS[0] + " ในวันเสาร์", "", "ก", "\u200b😀"]
    vectors = embed_texts(texts)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    same = vectors @ vectors.T
    assert same[0, 4] > NEAR
    assert max(same[a, b] for a in range(4) for b in range(a)) < NEAR / 2
    assert same.min() >= 0


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.text("abc1", min_size=1, max_size=3), st.tuples(st.text(max_size=20), st.floats(0, 1))),
    st.floats(0, 1),
    st.randoms(use_true_random=False),
)
def test_all_are_ranked_once_whatever_their_order(
    articles: dict[str, tuple[str, float]], diversity: float, chance: object
) -> None:
    pool = [propose(name, "ก" + text, score) for name, (text, score) in articles.items()]
    order = rank_articles(pool, diversity=diversity)
    assert sorted(names(order)) == sorted(articles)
    chance.shuffle(pool)  # type: ignore[attr-defined]
    assert rank_articles(pool, diversity=diversity) == order


def test_wrong_calls_are_refused() -> None:
    by_hand = Document("x", "กขค", (Entity("T1", "PERSON", 0, 1),))
    with pytest.raises(ValueError, match=r"document x: .*without confidence"):
        rank_articles([by_hand])
    with pytest.raises(ValueError, match="diversity"):
        rank_articles([], diversity=2)
    with pytest.raises(ValueError, match="stands twice"):
        rank_articles([propose("a", "ก"), propose("a", "ข")])
    assert rank_articles([]) == []


def test_two_thousand_articles_take_no_coffee_break() -> None:
    chance = np.random.default_rng(0)
    pool = [
        propose(str(n), "".join(chance.choice(list(TOPICS[n % 4]), 400)), float(chance.random())) for n in range(2000)
    ]
    began = time.process_time()
    assert len(rank_articles(pool)) == 2000
    assert time.process_time() - began < 20
