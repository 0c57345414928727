"""A small network and a small corpus, made on the spot, for the tests of training, export and extraction."""

import os
import random
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from thaigov_events.annotations import Document, Entity, Relation, Schema, write_corpus

NAMES = ["สมชาย ใจงาม", "วิไล ทองแท้", "ปรีชา รุ่งเรือง", "อรุณี แสงดาว", "ธนา มั่นคง"]
PROVINCES = ["ตราด", "จันทบุรี", "ระยอง", "ปทุมธานี", "เลย"]


@pytest.fixture(scope="session")
def schema() -> Schema:
    return Schema.load()


def write_document(number: int) -> Document:
    """Return a short press release, marked up by construction."""
    chance = random.Random(number)
    text, entities, ids = "", [], {}

    def add(words: str, label: str = "") -> None:
        nonlocal text
        if label:
            ids[label] = f"T{len(entities) + 1}"
            entities.append(Entity(ids[label], label, len(text), len(text) + len(words)))
        text += words

    province = chance.choice(PROVINCES)
    add("วันที่ ")
    add(f"{chance.randint(1, 28)} มกราคม 256{chance.randint(0, 7)}", "DATE")
    add(" ")
    add(f"นาย{chance.choice(NAMES)}", "PERSON")
    add(" ")
    add(f"ผู้ว่าราชการจังหวัด{province}", "POSITION")
    add(" เป็นประธาน")
    add("การประชุม", "EVENT")
    add(f"คณะกรรมการพัฒนาจังหวัด{chance.choice(PROVINCES)}", "COMMITTEE")
    add(" ")
    add(f"ครั้งที่ {chance.randint(1, 9)}/256{chance.randint(0, 7)}", "SESSION_NUMBER")
    add("\nณ ")
    add(f"ห้องประชุมศาลากลางจังหวัด{province}", "VENUE")
    links = [
        ("chairs", "PERSON", "EVENT"), ("holds_position", "PERSON", "POSITION"), ("held_on", "EVENT", "DATE"),
        ("meeting_of", "EVENT", "COMMITTEE"), ("has_session", "EVENT", "SESSION_NUMBER"), ("held_at", "EVENT", "VENUE"),
    ]  # fmt: skip
    relations = tuple(Relation(label, ids[head], ids[tail]) for label, head, tail in links)
    return Document(f"made-{number}", text, tuple(entities), relations)


@pytest.fixture(scope="session")
def documents() -> list[Document]:
    return [write_document(number) for number in range(10)]


@pytest.fixture(scope="session")
def more_documents() -> list[Document]:
    """Documents of the same make that the tiny network has not seen."""
    return [write_document(number) for number in range(100, 112)]


@pytest.fixture(scope="session")
def corpus_file(documents: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "made.jsonl"
    write_corpus(path, documents)
    return path


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of two layers, in Hugging Face's layout, for the compact tokenizer."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertModel

    from thaigov_events.models.tokenizer import Tokenizer

    torch.manual_seed(0)
    pieces = len(Tokenizer.load(Path("models/compact/tokenizer.json").resolve()))
    config = BertConfig(
        vocab_size=pieces, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
        max_position_embeddings=300, pad_token_id=1,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("encoder")
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def trained_run(tiny_encoder: Path, corpus_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny network that was trained on the ten documents until it knew them."""
    pytest.importorskip("torch")
    from thaigov_events.training.train import Trainer
    from thaigov_events.training.train_config import TrainConfig

    output = tmp_path_factory.mktemp("run")
    Trainer(
        TrainConfig(
            train=(str(corpus_file),),
            dev=str(corpus_file),
            output=str(output),
            encoder=str(tiny_encoder),
            window=48,
            overlap=16,
            epochs=40,
            batch=5,
            encoder_rate=3e-3,
            head_rate=3e-3,
            layer_decay=1.0,
            dropout=0.0,
            mask_share=0.0,
            mention_size=32,
            average=0.8,
            patience=40,
        )
    ).run()
    return output


class LabelStudio:
    """A Label Studio server of its own, on this machine only, that can be stopped and started again."""

    user, password = "tester@example.invalid", secrets.token_hex(8)
    token = secrets.token_hex(20)

    def __init__(self, program: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url, self.program, self.folder = f"http://127.0.0.1:{self.port}", program, folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        quiet = {
            "COLLECT_ANALYTICS": "false",
            "LATEST_VERSION_CHECK": "false",
            "SENTRY_DSN": "",
            "FRONTEND_SENTRY_DSN": "",
        }
        # else it refuses backends and webhooks on this machine
        local = {"ML_BLOCK_LOCAL_IP": "false", "SSRF_PROTECTION_ENABLED": "false"}
        command = [
            self.program, "start", "--no-browser", "--data-dir", str(self.folder), "--port", str(self.port),
            "--internal-host", "127.0.0.1", "--username", self.user, "--password", self.password,
            "--user-token", self.token, "--enable-legacy-api-token",
        ]  # fmt: skip
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=os.environ | quiet | local, stdout=log, stderr=log
            )
        until = time.monotonic() + 600  # a third of a minute, unless the machine is busy
        while time.monotonic() < until and self.process.poll() is None:
            with suppress(OSError), urlopen(f"{self.url}/health", timeout=5):
                return
            time.sleep(0.2)
        raise RuntimeError(f"Label Studio did not start: {(self.folder / 'server.log').read_text()[-2000:]}")

    def stop(self) -> None:
        if self.process:
            self.process.kill()  # as a machine that fails would
            self.process.wait()


@pytest.fixture(scope="session")
def label_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelStudio]:
    """A running server, with no project that a test may not share."""
    pytest.importorskip("label_studio_sdk", reason="no client: pip install 'thaigov-events[labelstudio]'")
    own = Path(__file__).parents[1] / ".venv-labelstudio" / "bin" / "label-studio"
    programs = (os.environ.get("LABEL_STUDIO"), shutil.which("label-studio"), str(own) if own.is_file() else None)
    program = next(filter(None, programs), None)
    if program is None:
        pytest.skip("no Label Studio server: make labelstudio-server, or set LABEL_STUDIO to the program's path")
    server = LabelStudio(program, tmp_path_factory.mktemp("label-studio"))
    try:
        server.start()
        yield server
    finally:
        server.stop()
