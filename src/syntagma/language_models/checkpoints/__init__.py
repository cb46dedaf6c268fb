"""Released models on disk: opened and checked first, then read straight into place; and written."""

from syntagma.language_models.checkpoints.checkpoint import Checkpoint
from syntagma.language_models.checkpoints.gguf_file import open_gguf
from syntagma.language_models.checkpoints.hub import hub_folder, is_hub_id
from syntagma.language_models.checkpoints.model_folder import open_folder
from syntagma.language_models.checkpoints.packaged import packaged_gguf
from syntagma.language_models.checkpoints.saving import save_folder

__all__ = ["Checkpoint", "hub_folder", "is_hub_id", "open_folder", "open_gguf", "packaged_gguf", "save_folder"]
