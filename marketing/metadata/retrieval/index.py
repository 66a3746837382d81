"""An index over a code list: BM25 over beginnings of words, and latent vectors over their letters (LSA), in numpy.

The vectors are made of the list itself when it is first asked for: its headings in both languages, its notes and what
stands above each entry. No model is loaded or fetched. What two headings of one entry have in common across languages
is what lets an English word find a Polish heading.
"""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from marketing.metadata.retrieval.words import GRAM_SIZES, as_written, features, grams, telling

# Okapi BM25's usual constants.
_K1, _B = 1.2, 0.75
_BUCKETS = 4096
_DIMENSIONS = 96
_OVERSAMPLED = 16
_POWER_ROUNDS = 2
_SEED = 20261127
# A shared word counts for more than a likeness of letters; measured on tests/metadata/subjects.toml.
_VECTOR_SHARE = 0.35
# A likeness below this is chance.
_LEAST_LIKENESS = 0.25
# Notes are long and speak of how to use a code more than of what it is.
_LEAST_FOR_VECTORS = 0.6
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a list with the texts that it may be found by, each with its weight."""

    code: str
    label: str
    texts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that fits. `score` orders a list and means nothing across lists; `words` are those in common."""

    code: str
    label: str
    score: float
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class Index:
    """The entries of one list, ready to be searched. Building takes about two seconds for 2,700 entries.

    `vectors`: whether likeness of letters counts too; of names only the words do.
    """

    entries: Sequence[Listed]
    vectors: bool = True
    _postings: dict[str, list[tuple[int, float]]] = field(default_factory=dict, init=False)
    _lengths: Floats = field(init=False)
    _basis: Floats = field(init=False)
    _vectors: Floats = field(init=False)
    _rarity: Floats = field(init=False)

    def __post_init__(self) -> None:
        lengths = np.zeros(len(self.entries), dtype=np.float32)
        for at, entry in enumerate(self.entries):
            counts: dict[str, float] = {}
            for text, weight in entry.texts:
                for word in telling(text):
                    for feature, share in features(word):
                        counts[feature] = counts.get(feature, 0.0) + weight * share
            lengths[at] = sum(counts.values())
            for feature, count in counts.items():
                self._postings.setdefault(feature, []).append((at, count))
        self._lengths = lengths / max(float(lengths.mean()), 1e-9) if len(lengths) else lengths
        if self.vectors:
            self._learn()

    def search(self, texts: Iterable[tuple[str, float]], most: int) -> list[Found]:
        """The entries that fit weighted texts best, at most so many, the best first; none without a telling word."""
        weighted = [(text, weight) for text, weight in texts if text]
        if not self.entries or not any(telling(text) for text, _weight in weighted):
            return []
        exact, shared = self._exact(weighted)
        top = float(exact.max())
        score = exact / top if top > 0 else exact
        if self.vectors:
            near = self._near(weighted)
            score = score + _VECTOR_SHARE * np.where(near >= _LEAST_LIKENESS, near, 0.0)
        order = sorted(np.flatnonzero(score > 0).tolist(), key=lambda at: (-float(score[at]), self.entries[at].code))
        return [
            Found(self.entries[at].code, self.entries[at].label, float(score[at]), tuple(sorted(shared.get(at, ()))))
            for at in order[:most]
        ]

    def _exact(self, texts: Sequence[tuple[str, float]]) -> tuple[Floats, dict[int, set[str]]]:
        """BM25 of every entry, and the words that found it."""
        score = np.zeros(len(self.entries), dtype=np.float32)
        shared: dict[int, set[str]] = {}
        asked: dict[str, float] = {}
        said: dict[str, set[str]] = {}
        for text, weight in texts:
            written = as_written(text)
            for word in telling(text):
                for feature, share in features(word):
                    # A word that is said again says little more.
                    asked[feature] = max(asked.get(feature, 0.0), weight * share)
                    said.setdefault(feature, set()).add(written.get(word, word))
        for feature, weight in asked.items():
            rows = self._postings.get(feature, ())
            rarity = math.log(1 + (len(self.entries) - len(rows) + 0.5) / (len(rows) + 0.5))
            for at, count in rows:
                norm = count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * float(self._lengths[at])))
                score[at] += weight * rarity * norm
                shared.setdefault(at, set()).update(said[feature])
        return score, shared

    def _near(self, texts: Sequence[tuple[str, float]]) -> Floats:
        row = self._counted(texts) * self._rarity
        vector = _unit(np.asarray((row @ self._basis)[None, :], dtype=np.float32))[0]
        likeness: Floats = self._vectors @ vector
        return likeness

    def _learn(self) -> None:
        """Randomised SVD (Halko, Martinsson, Tropp 2011) of the entries' letters, weighted by how rare they are."""
        counted = np.stack([self._counted(entry.texts) for entry in self.entries])
        spread = (counted > 0).sum(axis=0)
        self._rarity = np.log((1 + len(self.entries)) / (1 + spread)).astype(np.float32)
        rows = _unit(np.asarray(counted * self._rarity, dtype=np.float32))
        wide = min(_DIMENSIONS + _OVERSAMPLED, *rows.shape)
        sample = rows @ np.random.default_rng(_SEED).standard_normal((rows.shape[1], wide), dtype=np.float32)
        for _round in range(_POWER_ROUNDS):
            sample = rows @ (rows.T @ _orthonormal(sample))
        inner = _orthonormal(sample).T @ rows
        # Of the small square matrix only: a library's own SVD of the long one takes seconds on a busy machine.
        size, turned = np.linalg.eigh(inner @ inner.T)
        best = np.argsort(size)[::-1][:_DIMENSIONS]
        self._basis = np.asarray((inner.T @ turned[:, best]) / np.sqrt(np.maximum(size[best], 1e-6)), dtype=np.float32)
        self._vectors = _unit(np.asarray(rows @ self._basis, dtype=np.float32))

    def _counted(self, texts: Iterable[tuple[str, float]]) -> Floats:
        row = np.zeros(_BUCKETS, dtype=np.float32)
        for text, weight in texts:
            if weight >= _LEAST_FOR_VECTORS:
                for word in telling(text):
                    row[_buckets(word)] += weight
        damped: Floats = np.log1p(row)
        return damped


@functools.lru_cache(maxsize=65_536)
def _buckets(word: str) -> list[int]:
    return sorted({zlib.crc32(gram.encode()) % _BUCKETS for gram in grams(word, GRAM_SIZES)})


def _orthonormal(columns: Floats) -> Floats:
    """The same space with perpendicular columns of length one."""
    size, turned = np.linalg.eigh(columns.T @ columns)
    kept = size > size.max(initial=0.0) * 1e-6
    return np.asarray(columns @ (turned[:, kept] / np.sqrt(size[kept])), dtype=np.float32)


def _unit(rows: Floats) -> Floats:
    size = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(size > 0, size, 1.0), dtype=np.float32)
