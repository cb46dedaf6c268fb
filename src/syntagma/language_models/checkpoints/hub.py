"""Models of a hub: data files only, from its local cache or downloaded."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from syntagma.errors import MissingExtraError, ModelError

FILES = (
    "config.json",
    "generation_config.json",
    "model*.safetensors",
    "model.safetensors.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "*.tiktoken",
)
"""What is downloaded: weights, configs, tokenizers, templates (which are only compared with known ones); never code."""


def is_hub_id(name: str) -> bool:
    """Whether a name has the form owner/name."""
    return name.count("/") == 1 and not name.startswith((".", "/", "~")) and not name.endswith("/")


def hub_folder(name: str) -> Path:
    """The local folder of a hub's model.

    Raises:
        ModelError: it is neither in the cache nor to be had.
        MissingExtraError: huggingface_hub is not installed.
    """
    if find_spec("huggingface_hub") is None:
        raise MissingExtraError("chat", f"loading '{name}' from a hub")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES), ignore_patterns=["*/*"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError(
            f"'{name}' is no folder, and the hub did not give it: {reason}", fix="Check the name, or download it first"
        ) from error
