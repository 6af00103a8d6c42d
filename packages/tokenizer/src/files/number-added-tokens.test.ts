import { expect, test } from 'vitest'
import type { AddedTokenJson } from '../scanners/token-matcher.ts'
import { parseTokenizer } from '../tokenizer/parse-tokenizer.ts'

const token = (id: number, content: string, more: Partial<AddedTokenJson> = {}): AddedTokenJson => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  ...more,
})
const vocab = { '[UNK]': 0, a: 1, b: 2, '##b': 3 }
const open = (added: AddedTokenJson[], pieces: Record<string, number> = vocab) =>
  parseTokenizer({
    added_tokens: added,
    pre_tokenizer: { type: 'Whitespace' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: { type: 'WordPiece', vocab: pieces },
  })

// Ids as Python tokenizers 0.23.3 gives them.
test.each<[string, AddedTokenJson[], number[]]>([
  ['an id of the model', [token(1, '<x>')], [1, 4, 2]],
  ['an id of the model, then one that would be right', [token(1, '<x>'), token(4, '<y>')], [1, 4, 5, 2]],
  ['the same id twice', [token(4, '<x>'), token(4, '<y>')], [1, 4, 5, 2]],
  ['ids with gaps, in another order', [token(9, '<y>'), token(5, '<x>')], [1, 5, 4, 2]],
  ['a piece of the model with another id', [token(2, 'a'), token(7, '<x>')], [1, 4, 2]],
  ['the same token twice', [token(4, '<x>'), token(5, '<x>'), token(6, '<y>')], [1, 4, 5, 2]],
  ['nothing', [token(4, ''), token(5, '<x>')], [1, 4, 2]],
])('an added token with %s is numbered as the Rust library does', (_what, added, ids) => {
  const known = added.map(each => each.content)
  const text = ['a', ...['<x>', '<y>'].filter(each => known.includes(each)), 'b'].join(' ')
  const tokenizer = open(added)
  expect([...tokenizer.encode(text).ids]).toEqual(ids)
  expect(tokenizer.vocabSize).toBe(Math.max(3, ...ids) + 1)
  expect(tokenizer.toJSON().added_tokens.map(each => each.id)).toEqual(
    tokenizer.addedTokens.map(each => tokenizer.tokenToId(each.content)),
  )
})

test('of a token that is there twice the last one counts, special when any is', () => {
  const tokenizer = open([token(4, '<x>'), token(4, '<x>', { lstrip: true, special: false })])
  expect(tokenizer.encode('a <x>', { offsets: true }).offsets).toEqual([
    [0, 1],
    [1, 5],
  ])
  expect(tokenizer.decode([1, 4])).toBe('a')
})

test('in a vocabulary with gaps an added token may take the id of a piece, which then decodes as the token', () => {
  const tokenizer = open([token(9, '<x>', { special: false })], { '[UNK]': 0, a: 1, b: 4, '##b': 3 })
  expect([...tokenizer.encode('a <x> b').ids]).toEqual([1, 4, 4])
  expect(tokenizer.decode([1, 4])).toBe('a <x>')
})
