"""load(): a model from a folder, from the package itself, or from a hub."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from syntagma.errors import MissingExtraError, ModelError
from syntagma.models import Tagger
from syntagma.pipeline.pipeline import Pipeline
from syntagma.recipes.manifest import MANIFEST
from syntagma.recipes.saved_model import load_model

PACKAGED = Path(__file__).parent / "packaged"
HUB_FILES = ["*.toml", "*.json", "*.safetensors", "*.txt", "README.md", "encoders/**"]


def packaged_models() -> list[str]:
    """Names of the models that come with the package."""
    return sorted(path.parent.name for path in PACKAGED.glob(f"*/{MANIFEST}"))


def load(name: str | Path, *, layers: str | Sequence[str] | None = None) -> Pipeline:
    """Load a model by folder, packaged name ("en-small") or hub id ("owner/name").

    A folder on disk comes first, then the package, then the hub's local cache, then the hub itself (extra
    `transformers`). Only data is read, never code.

    With `layers` (a layer's name, or several) only these are annotated, and no time is spent on the others.

    Raises:
        ModelError: there is no such model, or it is incomplete or changed, or lacks one of the layers.
    """
    folder, origin = find_model(str(name))
    recipe, tagger, _ = load_model(folder)
    return Pipeline(recipe, tagger if layers is None else _only(tagger, layers, str(name)), origin=origin)


def find_model(name: str) -> tuple[Path, str]:
    """The folder of a model and where it is from. Raises ModelError if there is none of that name."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder, f"folder {folder.resolve()}"
    if name in packaged_models():
        return PACKAGED / name, f"packaged with syntagma: {PACKAGED / name}"
    if name.count("/") == 1 and not name.startswith((".", "/", "~")) and not name.endswith("/"):
        return _from_hub(name), f"hub {name}"
    packaged = ", ".join(packaged_models()) or "none"
    raise ModelError(
        f"there is no model '{name}': no folder of that name, and packaged are {packaged}",
        fix="Give a folder written by `syntagma train`, a packaged name, or a hub id like owner/name",
    )


def _only(tagger: Tagger, layers: str | Sequence[str], model: str) -> Tagger:
    wanted = [layers] if isinstance(layers, str) else layers
    for layer in wanted:
        if layer not in tagger.layers:
            raise ModelError(f"the model '{model}' has no layer '{layer}'; it has {', '.join(tagger.layers)}")
    return tagger.only(wanted)


def _from_hub(name: str) -> Path:
    if find_spec("huggingface_hub") is None:
        raise MissingExtraError("transformers", f"loading '{name}' from a hub")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError(
            f"'{name}' is no folder, and the hub did not give it: {reason}", fix="Check the name, or download it first"
        ) from error
