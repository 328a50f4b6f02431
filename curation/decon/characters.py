"""What every character is to decontamination: a space, part of a word, or a symbol of its own.

- ASCII: letters (lower-cased) and digits make words; every other visible character is a symbol; the rest is space.
- Outside ASCII a character is part of a word, except:
  spaces of every width, controls, and marks without width: space;
  punctuation, mathematical operators, arrows, currency, private use: symbols;
  the scripts that put no spaces between words (Chinese, Japanese, Thai, Lao, Tibetan, Burmese, Khmer): symbols, so that
  a text of them has as many tokens as characters, and not one for every sentence;
  everything above U+FFFF (emoji, mathematical letters, rare ideographs): symbols.
- What word processors make of ASCII becomes ASCII again: curly quotes, primes and guillemets, dashes and the minus
  sign, and the full-width forms.

The ranges are those of the blocks of Unicode 15, spelled out here, so that no version of Python changes a token. Other
letters are not lower-cased, and composed and decomposed accents stay different.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SYMBOL = 1 << 31
WORD = 1 << 30

_SPACES = (
    (0x80, 0xA0),  # controls, no-break space
    (0xAD, 0xAD),  # soft hyphen
    (0x1680, 0x1680),
    (0x180E, 0x180E),
    (0x2000, 0x200F),  # spaces of all widths, joiners, marks of direction
    (0x2028, 0x202F),
    (0x205F, 0x206F),
    (0x3000, 0x3000),  # ideographic space
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),  # byte order mark
)
_SYMBOLS = (
    (0xA1, 0xBF),  # Latin-1 punctuation and signs
    (0xD7, 0xD7),  # multiplication
    (0xF7, 0xF7),  # division
    (0x0E00, 0x109F),  # Thai, Lao, Tibetan, Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2010, 0x2BFF),  # punctuation, superscripts, currency, operators, arrows, boxes, shapes
    (0x2E00, 0x2FFF),  # more punctuation, radicals of ideographs
    (0x3001, 0x312F),  # punctuation of ideographs, kana, bopomofo
    (0x3190, 0x9FFF),  # ideographs
    (0xE000, 0xFAFF),  # private use, compatibility ideographs
    (0xFE10, 0xFE6F),  # vertical and small forms
    (0xFF5F, 0xFF9F),  # half-width punctuation and katakana
    (0xFFE0, 0xFFFD),  # full-width signs, replacement
)
_ASCII_OF = {
    "'": "\u2018\u2019\u201a\u201b\u2032",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
}
_FULL_WIDTH = range(0xFF01, 0xFF5F)


def character_table() -> npt.NDArray[np.uint32]:
    """For every character up to U+FFFF: 0 for a space, else what it is hashed as, with the bit WORD or SYMBOL."""
    table = np.arange(0x10000, dtype=np.uint32) | np.uint32(WORD)
    for first, last in _SYMBOLS:
        table[first : last + 1] ^= np.uint32(WORD | SYMBOL)
    for first, last in _SPACES:
        table[first : last + 1] = 0
    for code in range(0x80):
        character = chr(code)
        kind = WORD if character.isalnum() else SYMBOL
        table[code] = ord(character.lower()) | kind if character.isprintable() and character != " " else 0
    for code in _FULL_WIDTH:
        table[code] = table[code - 0xFEE0]
    for ascii_character, others in _ASCII_OF.items():
        table[[ord(other) for other in others]] = table[ord(ascii_character)]
    return table
