import { expect, test } from 'vitest'
import { ModelFileError } from '../errors/index.ts'
import { tinyConfig } from '../testing/tiny.ts'
import { checkTokenizer, type IdentifiableTokenizer, tokenizerHash } from './tokenizer-identity.ts'

const tokenizer = (vocabSize: number, prefix = 'token', merges?: string[][]): IdentifiableTokenizer => ({
  vocabSize,
  toJSON: () => ({ model: merges ? { merges } : {} }),
  idToToken: id => (id === 3 ? undefined : `${prefix} ${id}`),
})
const model = (vocabSize: number, tokenizerHash?: string) => ({
  config: tinyConfig({ vocabSize }),
  tokenizerHash,
})
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (ModelFileError.isInstance(error) ? [error.code, error.details] : error),
  )

test('a tokenizer is identified by its tokens in the order of their ids', async () => {
  // Python: hashlib.sha256(json.dumps(["a 0", "a 1", None], separators=(",", ":")).encode()).hexdigest()
  const hash = await tokenizerHash({ ...tokenizer(3), idToToken: id => ['a 0', 'a 1'][id] })
  expect(hash).toBe('676848ccc0c40ba127c95120635a8599c7a4df2389ca21a9852c9707f8f247d4')
  expect(await tokenizerHash(tokenizer(50))).toBe(await tokenizerHash(tokenizer(50)))
  expect(await tokenizerHash(tokenizer(50))).not.toBe(await tokenizerHash(tokenizer(50, 'other')))
  expect(await tokenizerHash(tokenizer(50))).not.toBe(await tokenizerHash(tokenizer(51)))
})

test('merges in another order make another tokenizer; models of earlier versions, saved without them, still open', async () => {
  const [merged, reordered] = [
    [
      ['a', 'b'],
      ['b', 'c'],
    ],
    [
      ['b', 'c'],
      ['a', 'b'],
    ],
  ].map(merges => tokenizer(50, 'token', merges))
  const hash = await tokenizerHash(merged!)
  // Python: tokens = [None if i == 3 else f"token {i}" for i in range(50)]; as above of [tokens, [["a", "b"], ["b", "c"]]]
  expect(hash).toBe('225bf0ad57ee174354c23eb9f072cb82f7ccef5cbffa92e5d2be103c541323ec')
  expect(await checkTokenizer(model(50, hash), merged!, 'a')).toEqual({ by: 'hash', unusedIds: 0 })
  expect(await codeOf(checkTokenizer(model(50, hash), reordered!, 'a'))).toMatchObject([
    'wrong-tokenizer',
    {},
  ])
  const earlier = await tokenizerHash(tokenizer(50))
  expect(await checkTokenizer(model(50, earlier), merged!, 'a')).toEqual({ by: 'hash', unusedIds: 0 })
  const other = tokenizer(50, 'other', [['a', 'b']])
  expect(await codeOf(checkTokenizer(model(50, earlier), other, 'a'))).toMatchObject(['wrong-tokenizer', {}])
})

test('the hash decides where the model has one', async () => {
  const hash = await tokenizerHash(tokenizer(50))
  expect(await checkTokenizer(model(50, hash), tokenizer(50), 'a')).toEqual({ by: 'hash', unusedIds: 0 })
  expect(await checkTokenizer(model(2048, hash), tokenizer(50), 'a')).toEqual({ by: 'hash', unusedIds: 1998 })
  // Another vocabulary of the same size.
  expect(await codeOf(checkTokenizer(model(50, hash), tokenizer(50, 'other'), 'runs/a'))).toEqual([
    'wrong-tokenizer',
    { path: 'runs/a', tokens: 50, vocabSize: 50 },
  ])
  expect(await codeOf(checkTokenizer(model(40, hash), tokenizer(50), 'a'))).toMatchObject([
    'wrong-tokenizer',
    { tokens: 50 },
  ])
})

test.each([
  [2048, 2048, true],
  [2048, 2049, false],
  [2048, 300, false],
  // Published models round their vocabulary up: GPT-2's 50,257 tokens to 50,304.
  [50_304, 50_257, true],
  [50_304, 49_000, false],
  [20, 19, true],
  [20, 18, false],
])('without a hash a model of %i takes a tokenizer of %i: %s', async (vocabSize, tokens, fits) => {
  const check = codeOf(checkTokenizer(model(vocabSize), tokenizer(tokens), 'a'))
  if (fits) {
    expect(await checkTokenizer(model(vocabSize), tokenizer(tokens), 'a')).toEqual({
      by: 'sizes',
      unusedIds: vocabSize - tokens,
    })
  } else expect(await check).toMatchObject(['wrong-tokenizer', { tokens, vocabSize }])
})
