"""Decontamination once more, slowly: tokens, n-grams, evidence and overlap by Python's strings and sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from curation.decon.items import EvaluationSet

Ngram = tuple[str, ...]

# some characters outside ASCII, and what becomes of them
WORD_CHARACTERS = "\u00e9\u00df\u0416\u03b1\u0301\uac00"
SYMBOLS = "\u00d7\u00b2\u20ac\u2211\u2192\u4e2d\u3042\u3002\u0e01\ue000\U0001f600\U0001d465"
SPACES = "\u00a0\u200b\u2009\u3000\ufeff\x00\x1f\x7f"
LIKE_ASCII = {"\u2019": "'", "\u201c": '"', "\u2013": "-", "\u2212": "-", "\uff21": "a", "\uff13": "3", "\uff0b": "+"}
ALPHABET = "abAB01_+-*/=\"'.,(){}\\$^ \n\t" + WORD_CHARACTERS + SYMBOLS + SPACES + "".join(LIKE_ASCII)


def tokens_of(text: str) -> list[str]:
    """The tokens of a text whose characters are ASCII or of the alphabet above."""
    tokens: list[str] = []
    in_word = False
    for character in text:
        character = LIKE_ASCII.get(character, character)
        if (character.isascii() and character.isalnum()) or character in WORD_CHARACTERS:
            character = character.lower() if character.isascii() else character
            if in_word:
                tokens[-1] += character
            else:
                tokens.append(character)
            in_word = True
        else:
            in_word = False
            if character in SYMBOLS or (character.isascii() and character.isprintable() and character != " "):
                tokens.append(character)
    return tokens


def ngrams_of(text: str, n: int) -> list[Ngram]:
    tokens = tokens_of(text)
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


@dataclass(frozen=True)
class Part:
    key: str
    ngrams: frozenset[Ngram]
    whole: bool


class Reference:
    """What is found in documents, by comparing each with every part of every item."""

    def __init__(
        self, sets: Sequence[EvaluationSet], n: int, short: int, most_items: Callable[[int], float], also: set[Ngram]
    ) -> None:
        """
        Args:
            most_items: of a set of so many items, how many may have an n-gram.
            also: n-grams that are common if items have them at all.
        """
        self.n, self.short = n, short
        seen: set[tuple[tuple[Ngram, ...], ...]] = set()
        kept, self.common = [], set[Ngram]()
        for one in sets:
            in_items: Counter[Ngram] = Counter()
            n_items = 0
            for item in one.items:
                questions, answers = ngrams_of(item.question, n), ngrams_of(item.answer, n)
                kind = (tuple(questions), tuple(answers) if item.answer else ())
                if questions and kind in seen:
                    continue
                seen.add(kind)
                n_items += 1
                in_items.update({*questions, *answers})
                kept.append((item.key, set(questions), False))
                kept.append((item.key, set(answers), True))
                self.common |= {*questions, *answers} & also
            self.common |= {ngram for ngram, times in in_items.items() if times > most_items(n_items)}
        self.parts: list[Part] = []
        for key, ngrams, is_answer in kept:
            evidence = ngrams - self.common
            whole = len(evidence) < short
            if evidence and not (whole and is_answer):
                self.parts.append(Part(key, frozenset(ngrams if whole else evidence), whole))

    def overlap(self, text: str) -> tuple[float, str | None]:
        """The largest share, and the key of its item."""
        found = set(ngrams_of(text, self.n))
        own = found - self.common
        best: tuple[float, int, str | None] = (0.0, 0, None)
        for part in self.parts:
            matched = len(part.ngrams & found)
            share = matched / len(part.ngrams)
            if part.whole:
                share = float(share == 1)
            elif matched >= self.short:
                share = max(share, matched / len(own))
            if share and (share, matched) > best[:2]:
                best = (share, matched, part.key)
        return best[0], best[2]
