"""Several small numbers in one integer: what sorts and compares the fastest in long tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.candidates import Ints


@dataclass(frozen=True)
class Packing:
    """How many bits each column takes, the first column the most significant."""

    bits: tuple[int, ...]

    @classmethod
    def of(cls, *counts: int) -> Packing:
        """For numbers from 0 to below each of `counts`. Raises ValueError beyond 63 bits."""
        bits = tuple(max(count - 1, 1).bit_length() for count in counts)
        if sum(bits) > 63:
            raise ValueError(f"{counts} do not fit into 63 bits")
        return cls(bits)

    def mask(self, column: int) -> int:
        return (1 << self.bits[column]) - 1

    def together(self, *columns: Ints) -> Ints:
        """One integer a row; its order is that of the columns from the first to the last.

        >>> pack = Packing.of(4, 2)
        >>> pack.apart(pack.together(np.array([3, 0]), np.array([0, 1])))
        [array([3, 0]), array([0, 1])]
        """
        packed = columns[0].astype(np.int64)
        for bits, column in zip(self.bits[1:], columns[1:], strict=True):
            packed <<= bits
            packed |= column
        return packed

    def apart(self, packed: Ints) -> list[Ints]:
        """The columns again."""
        return [self.column(packed, column) for column in range(len(self.bits))]

    def column(self, packed: Ints, column: int) -> Ints:
        """One column again."""
        return (packed >> sum(self.bits[column + 1 :])) & self.mask(column)
