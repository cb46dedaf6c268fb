"""Documents, sentences, tokens and spans with exact character offsets."""
