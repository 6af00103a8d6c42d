import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataFile, readStories } from '../testing/data.ts'
import { failure } from '../testing/failure.ts'
import { loadTokenizer } from '../tokenizer/load-tokenizer.ts'

/** A `tokenizer.bin`: the longest length, then score, length and text of each piece. */
function binary(pieces: readonly (readonly [text: string, score: number])[]): Uint8Array {
  const parts = pieces.map(([text, score]) => {
    const bytes = Buffer.from(text)
    const head = Buffer.alloc(8)
    head.writeFloatLE(score, 0)
    head.writeInt32LE(bytes.length, 4)
    return Buffer.concat([head, bytes])
  })
  return Buffer.concat([Buffer.from([9, 0, 0, 0]), ...parts])
}

/** llama2.c's own way: characters, else bytes; then the neighbors whose sum scores best are joined, leftmost first. */
function encodePlainly(pieces: ReadonlyMap<string, { id: number; score: number }>, text: string): number[] {
  const names: string[] = []
  for (const character of text === '' ? '' : ` ${text}`) {
    if (pieces.has(character)) names.push(character)
    else {
      for (const byte of Buffer.from(character)) {
        names.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
      }
    }
  }
  for (;;) {
    let best = -1
    let score = Number.NEGATIVE_INFINITY
    for (let i = 0; i + 1 < names.length; i++) {
      const sum = pieces.get(names[i]! + names[i + 1]!)
      if (sum !== undefined && sum.score > score) [best, score] = [i, sum.score]
    }
    if (best < 0) return [1, ...names.map(name => pieces.get(name)!.id)]
    names.splice(best, 2, names[best]! + names[best + 1]!)
  }
}

describe('a tokenizer.bin of llama2.c', () => {
  const path = dataFile('models/stories260K/tok512.bin')
  const valid = dataFile('tinystories/valid.txt')

  it.skipIf(!path || !valid)('encodes as llama2.c does, and gives every text back', async () => {
    const bytes = readFileSync(path!)
    const pieces = new Map<string, { id: number; score: number }>()
    for (let at = 4, id = 0; at < bytes.length; id++) {
      const length = bytes.readInt32LE(at + 4)
      pieces.set(bytes.toString('utf8', at + 8, at + 8 + length), { id, score: bytes.readFloatLE(at) })
      at += 8 + length
    }
    expect(pieces.size).toBe(512)
    const tokenizer = await loadTokenizer(path!)
    expect(tokenizer.vocabSize).toBe(512)
    expect(tokenizer.endOfTextId).toBe(2)
    const greedy = readFileSync(dataFile('models/stories260K/greedy.txt')!, 'utf8')
    for (const text of [greedy, 'José 😀 中', ...readStories(valid!).slice(0, 40)]) {
      const { ids } = tokenizer.encode(text)
      expect([...ids]).toEqual(encodePlainly(pieces, text))
      expect(tokenizer.decode(ids)).toBe(text)
    }
    const letters = fc.string({ unit: fc.constantFrom(...'aetho ns.é\n'), maxLength: 30 })
    fc.assert(
      fc.property(letters, text => {
        expect([...tokenizer.encode(text).ids]).toEqual(encodePlainly(pieces, text))
      }),
      { numRuns: 500 },
    )
  })

  const special = [
    ['<unk>', 0],
    ['\n<s>\n', 0],
    ['\n</s>\n', 0],
  ] as const
  it.each([
    ['a file that is cut off', binary([...special, ['abc', -1]]).subarray(0, -1)],
    ['an empty file', new Uint8Array(0)],
    [
      'bytes that are not UTF-8',
      Buffer.concat([binary(special), Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 0xff])]),
    ],
    ['a vocabulary without <unk>', binary([['a', 0], ...special])],
    ['the same piece twice', binary([...special, ['a', 0], ['a', 0]])],
  ])('refuses %s', async (_, bytes) => {
    const folder = await mkdtemp(join(tmpdir(), 'llama2c-'))
    try {
      await writeFile(join(folder, 'tok.bin'), bytes)
      await expect(loadTokenizer(join(folder, 'tok.bin'))).rejects.toThrow(
        failure('invalid-value', { source: join(folder, 'tok.bin') }),
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
