import * as fc from 'fast-check'

const TROUBLE = [
  ...[
    'a',
    'B',
    'é',
    'e\u0301',
    'İ',
    'ß',
    'Σ',
    '中',
    '𠀀',
    '豈',
    '한',
    '\u0000',
    '\u0001',
    '\ufffd',
    '\ufeff',
    '\u200d',
  ],
  ...[
    '\t',
    '\n',
    '\n\n',
    '\r',
    ' ',
    '  ',
    '\u00a0',
    '\u0085',
    '\u3000',
    "'",
    '’',
    "'s",
    "'ll",
    '#',
    '##',
    '“',
    '…',
    '!',
  ],
  ...[
    '€',
    '½',
    '7',
    '٣',
    '😀',
    '𝒜',
    '\ud800',
    '\udc00',
    '\u0301',
    '\u302e',
    '[UNK]',
    '[CLS]',
    '<|endoftext|>',
    'the',
  ],
]

/** Random text of everything that is hard for a tokenizer, lone surrogates included. */
export function troublesomeText(maxLength = 24): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...TROUBLE) },
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 6 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
  )
  return fc.array(piece, { maxLength }).map(pieces => pieces.join(''))
}

/** A text as UTF-16 units. */
export function unitsOf(text: string): Uint16Array {
  return Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
}
