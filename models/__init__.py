"""The network: its tokenizer alignment, its decoding, its runtimes and its files."""
