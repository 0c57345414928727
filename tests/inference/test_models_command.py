import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from thaigov_events.inference.cli import main
from thaigov_events.models import store
from thaigov_events.models.bundle import released_folder
from thaigov_events.models.store import download_model, read_sums, verify_model

FILES = {"settings.json": b"{}", "encoder.onnx": b"\x00graph" * 1000}


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The folder of a release, as it lies on a server."""
    folder = tmp_path / "server" / "small-1"
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    sums = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in FILES.items()]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    return folder


@pytest.fixture
def address(release: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(release.parent))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_download_list_and_verify(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept"
    call = ["--folder", str(kept)]
    assert main(["models", "download", "small-1", "--url", address, *call]) == 0
    assert "2 files fetched" in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in (kept / "small-1").iterdir() if path.name in FILES} == FILES
    assert main(["models", "download", "small-1", "--url", address, *call]) == 0
    assert "0 files fetched" in capsys.readouterr().out
    assert main(["models", "list", *call]) == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == ["released", "small-1"]
    assert main(["models", "verify", "small-1", *call]) == 0
    (kept / "small-1" / "settings.json").write_bytes(b"{ }")
    (kept / "small-1" / "encoder.onnx").unlink()
    (kept / "small-1" / "new.txt").touch()
    assert main(["models", "verify", str(kept / "small-1"), *call]) == 1
    told = capsys.readouterr()
    assert "settings.json: changed" in told.err and "encoder.onnx: missing" in told.err
    assert "new.txt: not listed" in told.err and "not as released" in told.out
    # what was changed or lost is fetched again
    assert main(["models", "download", "small-1", "--url", address, *call]) == 0
    assert verify_model(kept / "small-1").whole


def test_the_released_weights_are_whole() -> None:
    assert verify_model(released_folder()).whole


def test_a_wrong_file_never_takes_its_name(
    release: Path, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (release / "encoder.onnx").write_bytes(b"something else")
    kept = tmp_path / "kept"
    assert main(["models", "download", "small-1", "--url", address, "--folder", str(kept)]) == 1
    assert "its SHA-256 is" in capsys.readouterr().err
    assert {path.name for path in (kept / "small-1").iterdir()} == {"settings.json"}
    assert main(["models", "list", "--folder", str(kept)]) == 0
    assert "not whole" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["../evil", "a/b", ".hidden", "SHA256SUMS", "/etc/passwd", "a\\b"])
def test_checksums_of_files_elsewhere_are_refused(release: Path, address: str, tmp_path: Path, name: str) -> None:
    (release / "SHA256SUMS").write_text(f"{'0' * 64}  {name}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=":1: "):
        download_model("small-1", address=address, folder=tmp_path / "kept")
    assert not any((tmp_path / "kept").rglob("*.*"))


@pytest.mark.parametrize(
    ("name", "url", "message"),
    [
        ("absent", "", "404"),
        ("../small-1", "", "not the name of a release"),
        ("small-1", "file:///tmp", "https://"),
        ("small-1", "http://127.0.0.1:9", "cannot be reached"),
    ],
)
def test_what_cannot_be_fetched_is_told(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, url: str, message: str
) -> None:
    assert main(["models", "download", name, "--url", url or address, "--folder", str(tmp_path / "kept")]) == 1
    assert message in capsys.readouterr().err


def test_releases_are_those_of_the_repository_that_the_package_names(monkeypatch: pytest.MonkeyPatch) -> None:
    class Named:
        def get_all(self, name: str) -> list[str]:
            return ["Homepage, https://example.org", "Repository, https://example.org/someone/project/"]

    monkeypatch.setattr(store, "metadata", lambda name: Named())
    assert store.release_address() == "https://example.org/someone/project/releases/download"
    monkeypatch.setattr(Named, "get_all", lambda self, name: None)
    with pytest.raises(ValueError, match="--url"):
        store.release_address()


def test_models_are_kept_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("THAIGOV_EVENTS_MODELS", str(tmp_path))
    assert store.models_folder() == tmp_path
    monkeypatch.delenv("THAIGOV_EVENTS_MODELS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store.models_folder() == tmp_path / "thaigov-events" / "models"


def test_a_folder_without_checksums_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no checksums here"):
        verify_model(tmp_path)
    (tmp_path / "SHA256SUMS").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="lists no file"):
        read_sums(tmp_path / "SHA256SUMS")
