"""What CodeCommit takes: AWS CodeCommit user guide, "Quotas"."""

from __future__ import annotations

from typing import Final

BLOB_LIMIT: Final = 2 * 1000**3
"""Bytes: the maximum size of a single Git blob is 2 GB."""
PUSH_LIMIT: Final = 4_000
"""References in a single push."""
BRANCH_NAME_LIMIT: Final = 256
"""Characters of the name of a branch, which must not be 40 hexadecimal digits either."""
