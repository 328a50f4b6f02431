"""Rates and sizes that estimates are made of. Each says where it comes from; most were measured on the quickstart.

They are right within a factor of two or three, which is what a decision to start a run needs.
"""

from __future__ import annotations

MIB = 2**20

# Text
BYTES_PER_TOKEN = 4
"""English text and a vocabulary of 32,000 to 100,000; a vocabulary of 2,048 gave 2.7 on the quickstart."""
LEAST_BYTES_PER_TOKEN = 0.5
"""A byte-level token spells a byte at least, a document ends in one EOS more, and no document is empty."""
TEXT_PER_STORED_BYTE = {"parquet": 2.5, "arrow": 1.0, "jsonl": 0.9, "html": 0.15, "warc": 0.15}
"""Of the formats of files, once they are unpacked; parquet as it is. What is not listed is all text. Markup is most of
a web page: Common Crawl's WARC files are 6 times as large as the text that is extracted from them."""
UNPACKED_PER_STORED_BYTE = 3.5
"""Of .gz, .zst, .bz2 and .xz: text packs to a quarter or a third."""
PACKED = (".gz", ".zst", ".bz2", ".xz")

# Curation
CURATE_BYTES_PER_S = 1_000_000
"""For each worker, with filters and exact dedup: 14 MB in 10 s on one core of a laptop."""
CURATE_S = 3.0
"""Worker processes start, and kernels are loaded or compiled."""
POOL_BYTES_PER_BYTE = 0.35
"""zstd-compressed Parquet with signals and rejected documents: 0.27 on the quickstart."""
ANNOTATED_BYTES_PER_BYTE = 0.35
"""The work set while a curate stage runs: the same text, compressed the same way."""

# Counting
COUNT_BYTES_PER_S = 700_000
"""For each worker, training of the tokenizer included: 13 MB in 19 s on one core."""
CACHED_BYTES_PER_TOKEN = 4
"""The token cache holds int32."""
TOKENIZER_BYTES_PER_BYTE = 18
"""Memory of a tokenizer's training: 230 MB for 12.6 MB of text. Distinct words grow slower than text."""
TOKENIZER_BYTES_AT_MOST = 2 * 2**30

# Emission
EMIT_TOKENS_PER_S = 5_000_000
"""From the token cache: 1 M tokens in 0.05 s, and room for larger pools that are not in the page cache."""

# Optimisation
SOLVE_S = 4.0
"""Fit, leave-one-out and solve: 25 runs, 5 domains and 5 metrics in 3.5 s."""

# Training
PARAMETER_BYTES = 16
"""Memory: weights, gradients and two moments of AdamW, four bytes each."""
CHECKPOINT_BYTES = 12
"""Disk: weights and two moments; two are kept, and a third is there while it is written."""
CHECKPOINTS = 3
WEIGHT_BYTES = 4
FLOPS_PER_PARAMETER_TOKEN = 6
"""Forward 2, backward 4 (Kaplan et al. 2020, section 2.1)."""
EVALUATION_FLOPS_PER_PARAMETER_TOKEN = 2
TRAINING_EFFICIENCY = 0.4
"""Of the rate of a plain matrix product in float32: 0.35 to 0.65 for proxies of 0.1 to 3 M parameters on a CPU."""
STEP_S = 0.01
"""What a training step takes besides its products: Python, small tensors, the optimizer."""
KEPT_NUMBERS_PER_WIDTH = 12
KEPT_NUMBERS_PER_FEED_FORWARD = 4
"""Activations kept for the backward pass, per token and layer: norms, queries, keys, values, residuals, gate."""

# Processes
PROCESS_BYTES = 250 * MIB
"""Python with pyarrow and numpy, at work: 270 MB after curating the quickstart."""
TRAINER_BYTES = 350 * MIB
"""Python with torch: 240 MB before the first step."""
PROCESS_S = 3.0
"""A worker process starts, and imports torch."""
RUN_S = 1.0
"""A proxy run's shards, held-out text and files, besides training and scoring."""
