"""One decoder for the Phi families and Llama-type models: checkpoints, tokenizers, chat, generation."""
