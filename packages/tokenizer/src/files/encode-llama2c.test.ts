import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadTokenizer } from '../tokenizer/load-tokenizer.ts'
import { trainTokenizer } from '../training/train-tokenizer.ts'
import { encodeLlama2c } from './encode-llama2c.ts'

const stories = ['the cat sat on the mat', 'the dog ran to the cat']

/** Score, and the bytes as Latin-1, of each piece. */
function pieces(file: Uint8Array): [number, string][] {
  const view = new DataView(file.buffer)
  const read: [number, string][] = []
  for (let at = 4; at < file.length; ) {
    const length = view.getInt32(at + 4, true)
    read.push([
      view.getFloat32(at, true),
      Buffer.from(file.subarray(at + 8, at + 8 + length)).toString('latin1'),
    ])
    at += 8 + length
  }
  return read
}

it('puts <unk>, <s>, </s> and the bytes first, and scores what is joined earlier higher', async () => {
  const tokenizer = await trainTokenizer([...stories, 'a day’s end, a cat’s end'], {
    vocabSize: 300,
    style: 'gpt2',
  })
  const json = tokenizer.toJSON()
  const { file, tokens } = encodeLlama2c(json, { startId: tokenizer.endOfTextId! })!
  const read = pieces(file)
  expect(read.length).toBe(tokens.length)
  expect(read.slice(0, 4).map(([, text]) => text)).toEqual(['<unk>', '\n<s>\n', '\n</s>\n', '<0x00>'])
  expect(read[258]![1]).toBe('<0xFF>')
  const id = (piece: string): number => tokenizer.tokenToId(piece)!
  const never = id('ÿ')
  const start = tokenizer.endOfTextId!
  expect(tokens.slice(0, 3)).toEqual([
    { input: start, output: never },
    { input: start, output: start },
    { input: start, output: never },
  ])
  // A letter is a byte to be read, and a piece to be chosen.
  expect(tokens[3 + 0x61]).toEqual({ input: id('a'), output: never })
  const letter = read.findIndex(([, text]) => text === 'a')
  expect(letter).toBeGreaterThan(258)
  expect(tokens[letter]).toEqual({ input: id('a'), output: id('a') })
  // A byte that is no character has its one place.
  expect(tokens[3 + 0xe2]).toEqual({ input: id('â'), output: id('â') })
  expect(read.filter(([, text]) => text === '\xe2')).toEqual([])
  expect(read.some(([, text]) => text.startsWith('\xe2\x80'))).toBe(true)
  // Every token but the first can be chosen once.
  const chosen = tokens.map(({ output }) => output).filter(output => output !== never)
  expect(new Set(chosen).size).toBe(chosen.length)
  expect(chosen.length).toBe(tokenizer.vocabSize - 1)
  const { merges } = json.model as { merges: [string, string][] }
  const scoreOf = (rank: number): number | undefined => {
    const piece = merges.at(rank)!.join('').replaceAll('Ġ', ' ')
    return read.find(([, text]) => text === piece)?.[0]
  }
  expect([scoreOf(0), scoreOf(5)]).toEqual([0, -5])
})

it('is read again, with the pieces of the original', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'encode-llama2c-'))
  try {
    const tokenizer = await trainTokenizer(stories, { vocabSize: 290, style: 'gpt2' })
    const { file, tokens } = encodeLlama2c(tokenizer.toJSON(), { startId: 0 })!
    await writeFile(join(folder, 'tokenizer.bin'), file)
    const read = await loadTokenizer(join(folder, 'tokenizer.bin'))
    for (const text of ['the cat\nran', ' on  the mat, é', '']) {
      const ids = [...read.encode(text).ids].map(id => tokens[id]!.input)
      const own = text === '' ? [] : tokenizer.encode(` ${text}`, { addSpecialTokens: false }).ids
      expect(ids).toEqual([0, ...own])
    }
    // Its own kind keeps its order.
    const again = encodeLlama2c(read.toJSON(), { startId: 1, endId: 2 })!
    expect(again.tokens).toEqual(tokens.map((_, id) => ({ input: id, output: id })))
    await writeFile(join(folder, 'again.bin'), again.file)
    const twice = await loadTokenizer(join(folder, 'again.bin'))
    expect([...twice.encode('the cat ran on').ids]).toEqual([...read.encode('the cat ran on').ids])
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('has no place for WordPiece, or for a vocabulary that splits otherwise', async () => {
  const words = await trainTokenizer(stories, { vocabSize: 290 })
  expect(encodeLlama2c(words.toJSON(), { startId: 0 })).toBeUndefined()
  const json = (await trainTokenizer(stories, { vocabSize: 290, style: 'gpt2' })).toJSON()
  expect(encodeLlama2c({ ...json, pre_tokenizer: null }, { startId: 0 })).toBeUndefined()
})
