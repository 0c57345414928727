"""The stand-off corpora are joined with texts from a folder or from git repositories, here local ones."""

import io
import json
import lzma
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from thaigov_events.annotations import Document, Entity, read_corpus, sources, write_corpus
from thaigov_events.annotations.sources import Repository, SourceError, fetch_files, fetch_texts, join_corpus
from thaigov_events.annotations.standoff_corpus import strip_text

SHARED = Path(__file__).parents[2].parent / "shared" / "corpus"

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

PAGE = (
    "รัฐบาลไทย-ข่าวทำเนียบรัฐบาล-ข่าวที่ {0}\r\n\r\nวันพุธที่ 3 มีนาคม 2570\r\nข่าวที่ {0}\r\nประชุมแล้ว\r\n\r\nที่มา : http://example.org"
)
CLEAN = "ข่าวที่ {0}\nประชุมแล้ว"
MakeRepository = Callable[..., Repository]


def page(number: int) -> bytes:
    return PAGE.format(number).encode("utf-8-sig")


def archive(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()


def archive_of_old_windows(name: str, content: bytes, encoding: str) -> bytes:
    """A zip whose member names are bytes of an encoding that the archive does not tell."""
    stand_in = "x" * len(name.encode(encoding))
    return archive({stand_in: content}).replace(stand_in.encode(), name.encode(encoding))


@pytest.fixture
def make_repository(tmp_path: Path) -> MakeRepository:
    def make(prefix: str, files: dict[str, bytes], *, partial: bool = True) -> Repository:
        folder = tmp_path / f"remote {len(list(tmp_path.iterdir()))}"
        folder.mkdir()

        def git(*arguments: str) -> str:
            who = (
                "-c",
                "user.name=Nobody",
                "-c",
                "user.email=nobody@example.org",
                "-c",
                "commit.gpgsign=false",
            )
            return subprocess.run(
                ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
            ).stdout

        git("init", "--quiet")
        git("config", "uploadpack.allowFilter", str(partial).lower())
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        git("add", "--all")
        git("commit", "--quiet", "--message", "the revision")
        revision = git("rev-parse", "--short=7", "HEAD").strip()
        for name in files:
            (folder / name).write_bytes(b"a later state")
        git("commit", "--quiet", "--all", "--message", "later")
        return Repository(prefix, folder.as_uri(), revision)

    return make


def document(number: int, source: str) -> Document:
    return Document(f"d{number}", CLEAN.format(number), (Entity("T1", "EVENT", 10, 16),), (), source)


@pytest.mark.parametrize("partial", [True, False])
def test_files_of_the_revision_are_fetched(make_repository: MakeRepository, partial: bool) -> None:
    names = ["data/2570/03/04/ด้านสังคม _1_ab-cd.txt", 'odd "name"\t.txt', "unwanted.txt"]
    files = {name: page(number) for number, name in enumerate(names)}
    repository = make_repository("v2/", files, partial=partial)
    assert fetch_files(repository, names[:2]) == {name: [files[name]] for name in names[:2]}


def test_two_paths_may_hold_the_same_content(make_repository: MakeRepository) -> None:
    repository = make_repository("v2/", {"a/1.txt": page(1), "b/1.txt": page(1)})
    assert fetch_files(repository, ["a/1.txt", "b/1.txt"]) == {"a/1.txt": [page(1)], "b/1.txt": [page(1)]}


def test_nothing_is_found_under_unknown_paths(make_repository: MakeRepository) -> None:
    repository = make_repository(
        "v2/", {"a/1.txt": page(1), "a.zip": b"no archive", "b.zip": archive({"c/2.txt": b""})}
    )
    assert fetch_files(repository, ["a/2.txt", "1.txt", "b/2.txt"]) == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("14.zip", archive({"ข่าว_1.txt": page(1)})),
        ("14.zip", archive({"14/ข่าว_1.txt": page(1), "14/ข่าว_2.txt": page(2)})),
        ("old/archives.zip", archive({"some/where/14/ข่าว_1.txt": page(1)})),
        ("14.zip", archive_of_old_windows("14/ข่าว_1.txt", page(1), "cp874")),
        ("14.zip", archive_of_old_windows("14/ข่าว_1.txt", page(1), "utf-8")),
    ],
)
def test_files_inside_archives_are_found(make_repository: MakeRepository, name: str, content: bytes) -> None:
    repository = make_repository("v1/", {name: content, "15/ข่าว_3.txt": page(3)})
    found = fetch_files(repository, ["14/ข่าว_1.txt", "15/ข่าว_3.txt"])
    assert found == {"14/ข่าว_1.txt": [page(1)], "15/ข่าว_3.txt": [page(3)]}


def test_of_two_files_of_one_name_the_one_with_the_hash_is_taken(make_repository: MakeRepository) -> None:
    repository = make_repository(
        "v1/", {"14.zip": archive({"1.txt": page(1)}), "a.zip": archive({"14/1.txt": page(2)})}
    )
    texts = fetch_texts(["v1/14/1.txt"], [repository])
    assert sorted(texts["v1/14/1.txt"]) == [CLEAN.format(1), CLEAN.format(2)]
    for number in (1, 2):
        wanted = document(number, "v1/14/1.txt")
        assert join_corpus([strip_text(wanted)], texts) == ([wanted], [])


def test_texts_are_cleaned_and_found_by_the_prefix(make_repository: MakeRepository) -> None:
    new = make_repository("v2/", {"a/1.txt": page(1), "a/2.txt": page(2)})
    old = make_repository("v1/", {"a/1.txt": page(3)})
    texts = fetch_texts(["v2/a/1.txt", "v1/a/1.txt", "elsewhere/a/2.txt"], [new, old])
    assert texts == {"v2/a/1.txt": [CLEAN.format(1)], "v1/a/1.txt": [CLEAN.format(3)]}


def test_missing_and_other_texts_are_told_and_never_used() -> None:
    documents = [document(number, f"v2/{number}.txt") for number in range(3)]
    texts = {"v2/0.txt": [CLEAN.format(0)], "v2/1.txt": [CLEAN.format(7)]}
    joined, problems = join_corpus([strip_text(d) for d in documents], texts)
    assert joined == documents[:1]
    assert len(problems) == 2
    assert problems[0].startswith("document d1: the text of v2/1.txt")
    assert problems[1] == "document d2: v2/2.txt was not found"


def test_bytes_that_are_no_utf8_fit_no_hash(make_repository: MakeRepository) -> None:
    repository = make_repository("v2/", {"a/1.txt": page(1)[:-1] + b"\xe0\xb8"})
    texts = fetch_texts(["v2/a/1.txt"], [repository])
    # The cut letter stands in the address line, which cleaning drops: the text itself is whole.
    assert join_corpus([strip_text(document(1, "v2/a/1.txt"))], texts)[1] == []
    broken = make_repository("v2/", {"a/1.txt": PAGE.format(1).encode("cp874")})
    texts = fetch_texts(["v2/a/1.txt"], [broken])
    assert len(join_corpus([strip_text(document(1, "v2/a/1.txt"))], texts)[1]) == 1


def test_an_unreachable_repository_is_named_with_the_way_round_it(tmp_path: Path) -> None:
    url = (tmp_path / "nowhere").as_uri()
    with pytest.raises(SourceError) as caught:
        fetch_files(Repository("v2/", url, "abc1234"), ["a/1.txt"])
    assert url in str(caught.value)
    assert "--shared" in str(caught.value)


def test_an_unknown_revision_is_named(make_repository: MakeRepository) -> None:
    repository = make_repository("v2/", {"a/1.txt": page(1)})
    with pytest.raises(SourceError, match="1234567"):
        fetch_files(Repository("v2/", repository.url, "1234567"), ["a/1.txt"])


def test_a_machine_without_git_is_told(make_repository: MakeRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make_repository("v2/", {"a/1.txt": page(1)})
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SourceError, match="git is not installed"):
        fetch_files(repository, ["a/1.txt"])


TRAIN = [document(1, "v2/a/1.txt"), document(2, "v1/14/2.txt")]
DEV = [document(3, "v2/a/3.txt")]


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package hold three invented documents."""
    corpora = {"train": [strip_text(d) for d in TRAIN], "dev": [strip_text(d) for d in DEV]}
    monkeypatch.setattr(sources, "SPLITS", tuple(corpora))
    monkeypatch.setattr(sources, "read_standoff", corpora.__getitem__)


@pytest.mark.usefixtures("packaged")
def test_the_command_writes_the_corpora_from_repositories(tmp_path: Path, make_repository: MakeRepository) -> None:
    repositories = [
        make_repository("v2/", {"a/1.txt": page(1), "a/3.txt": page(3)}),
        make_repository("v1/", {"14.zip": archive({"2.txt": page(2)})}),
    ]
    output = tmp_path / "new" / "corpus"
    arguments = ["--output", str(output), "--shared", str(tmp_path / "nowhere")]
    assert sources.main(arguments, repositories) == 0
    assert read_corpus(output / "train.jsonl") == TRAIN
    assert read_corpus(output / "dev.jsonl") == DEV


@pytest.mark.usefixtures("packaged")
def test_the_command_prefers_a_shared_folder(tmp_path: Path) -> None:
    shared, output = tmp_path / "shared", tmp_path / "corpus"
    write_corpus(shared / "train.jsonl", TRAIN)
    write_corpus(shared / "dev.jsonl", DEV)
    assert sources.main(["--output", str(output), "--shared", str(shared)], repositories=()) == 0
    assert (output / "train.jsonl").read_bytes() == (shared / "train.jsonl").read_bytes()
    assert (output / "dev.jsonl").read_bytes() == (shared / "dev.jsonl").read_bytes()


@pytest.mark.usefixtures("packaged")
def test_what_a_folder_has_not_annotated_is_read_from_its_unlabelled_articles(tmp_path: Path) -> None:
    shared, output = tmp_path / "shared", tmp_path / "corpus"
    write_corpus(shared / "dev.jsonl", DEV)
    (shared / "unlabeled").mkdir()
    rows = [{"path": d.source.removeprefix(sources.PREFIX), "text": d.text + "\n\n"} for d in TRAIN]
    with lzma.open(shared / sources.UNLABELLED, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    assert sources.main(["--output", str(output), "--shared", str(shared)], repositories=()) == 0
    assert read_corpus(output / "train.jsonl") == TRAIN


@pytest.mark.usefixtures("packaged")
def test_the_labels_are_the_packaged_ones_whatever_the_folder_says(tmp_path: Path) -> None:
    shared, output = tmp_path / "shared", tmp_path / "corpus"
    write_corpus(shared / "train.jsonl", [Document(d.id, d.text, (), (), d.source) for d in TRAIN])
    write_corpus(shared / "dev.jsonl", DEV)
    assert sources.main(["--output", str(output), "--shared", str(shared)]) == 0
    assert read_corpus(output / "train.jsonl") == TRAIN


@pytest.mark.usefixtures("packaged")
def test_the_command_tells_every_document_it_leaves_out(
    tmp_path: Path, make_repository: MakeRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    repositories = [make_repository("v2/", {"a/1.txt": page(1), "a/3.txt": page(7)})]
    arguments = ["--output", str(tmp_path / "corpus"), "--shared", str(tmp_path / "nowhere")]
    assert sources.main(arguments, repositories) == 1
    captured = capsys.readouterr()
    assert "train: document d2: v1/14/2.txt was not found" in captured.err
    assert "dev: document d3: the text of v2/a/3.txt" in captured.err
    assert "2 documents are left out" in captured.err
    assert "train.partial.jsonl: 1 of 2 documents" in captured.out
    assert read_corpus(tmp_path / "corpus" / "train.partial.jsonl") == TRAIN[:1]
    assert [path.name for path in (tmp_path / "corpus").iterdir()] == ["train.partial.jsonl"]


@pytest.mark.usefixtures("packaged")
def test_the_command_writes_nothing_when_a_repository_is_unreachable(
    tmp_path: Path, make_repository: MakeRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    url = (tmp_path / "gone").as_uri()
    repositories = [make_repository("v2/", {"a/1.txt": page(1)}), Repository("v1/", url, "abc1234")]
    output = tmp_path / "corpus"
    assert sources.main(["--output", str(output), "--shared", str(tmp_path / "nowhere")], repositories) == 1
    captured = capsys.readouterr()
    assert url in captured.err
    assert "--shared" in captured.err
    assert not output.exists()


@pytest.mark.usefixtures("packaged")
def test_a_shared_folder_without_a_corpus_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shared").mkdir()
    arguments = ["--output", str(tmp_path / "corpus"), "--shared", str(tmp_path / "shared")]
    assert sources.main(arguments, repositories=()) == 1
    assert "holds no annotated corpus" in capsys.readouterr().err


def test_the_sources_of_the_packaged_corpora_belong_to_one_of_the_repositories() -> None:
    for split in sources.SPLITS:
        for standoff in sources.read_standoff(split):
            assert sum(standoff.source.startswith(r.prefix) for r in sources.REPOSITORIES) == 1


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/corpus is not here")
def test_the_real_corpora_come_back_from_the_shared_folder(tmp_path: Path) -> None:
    assert sources.main(["--output", str(tmp_path), "--shared", str(SHARED)]) == 0
    for split in ("train", "dev"):
        assert (tmp_path / f"{split}.jsonl").read_bytes() == (SHARED / f"{split}.jsonl").read_bytes()
    for split in ("added", "later", "held-out"):
        assert len(read_corpus(tmp_path / f"{split}.jsonl")) == len(sources.read_standoff(split))
