import { readFile } from 'node:fs/promises'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { storyFeatures, storyVocabulary } from '@tinystories/dataset/synthesis'
import { forward, type GptModel } from '@tinystories/model'
import { loadPretrained } from '@tinystories/model/files'
import { generate } from '@tinystories/model/generation'
import { parseTokenizer, type Tokenizer } from '@tinystories/tokenizer'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { expectTokens, rateEndings } from '../workers/expect-tokens.ts'
import { placeOfWord, usesWord } from './uses-word.ts'
import { cues, hasFeature } from './wishes.ts'
import { type Pen, type WishedToken, writeWithWishes } from './write-with-wishes.ts'

const models = new URL('../../public/models/', import.meta.url)

describe('usesWord', () => {
  it.each([
    ['He played all day.', 'play', true],
    ['They were hopping about.', 'hop', true],
    ['The ponies ran.', 'pony', true],
    ['She was hiding.', 'hide', true],
    ['A braver dog', 'brave', true],
    ['SPOON!', 'spoon', true],
    ['It was a yo-yo.', 'yo-yo', true],
    ['The display was bright.', 'play', false],
    ['He found it.', 'find', false],
    ['a rain-coat', 'coat', false],
    ['The winter was cold.', 'win', false],
  ])('%s: %s %s', (text, word, used) => {
    expect(usesWord(text, word)).toBe(used)
  })

  it('finds every word of the lists as it stands, and where it ends', async () => {
    const { verbs, nouns, adjectives } = await storyVocabulary()
    for (const word of [...verbs, ...nouns, ...adjectives]) {
      expect(placeOfWord(`Xyz, ${word} xyz.`, word)).toBe(5 + word.length)
    }
  })
})

describe('features', () => {
  it('has a cue for each feature of the packages', () => {
    expect([...cues.keys()].toSorted()).toEqual(Object.keys(storyFeatures).toSorted())
  })
})

describe('writeWithWishes', () => {
  let model: GptModel
  let tokenizer: Tokenizer
  beforeAll(async () => {
    await useBackend('cpu')
    tokenizer = await parseTokenizer(await readFile(new URL('tokenizer.json', models), 'utf8'))
    model = await loadPretrained(new URL('tiny/', models).pathname)
  })

  const pen = (): Pen => ({
    async write(ids, { maxTokens, seed }) {
      const tokens: { id: number; probability: number }[] = []
      const written = generate(model, ids.slice(-(model.config.contextLength - 1)), {
        maxTokens,
        seed,
        temperature: 0.7,
        topP: 0.95,
        stopIds: [tokenizer.endOfTextId!],
      })
      for (;;) {
        const next = await written.next()
        if (next.done) return { tokens, ended: next.value === 'stop' }
        tokens.push({ id: next.value.id, probability: Math.exp(next.value.logProbability) })
      }
    },
    expect: (ids, from, targets) => expectTokens(model, ids, from, targets),
    rate: (texts, count) => rateEndings(model, texts, count),
  })
  const tell = async (words: string[], features: string[], maxTokens = 160) => {
    const start = [
      tokenizer.endOfTextId!,
      ...Array.from(tokenizer.encode('Once upon a time,', { addSpecialTokens: false }).ids),
    ]
    const tokens: WishedToken[] = []
    for await (const token of writeWithWishes(pen(), tokenizer, start, {
      words,
      features,
      maxTokens,
      seed: 2,
    }))
      tokens.push(token)
    const text = (some: readonly WishedToken[]): string =>
      tokenizer.decode([...start, ...some.map(({ id }) => id)], { skipSpecialTokens: true })
    return { tokens, text: text(tokens), before: (i: number) => text(tokens.slice(0, i)) }
  }

  it('brings words and features in, and lets the model write the rest', async () => {
    const { tokens, text, before } = await tell(
      ['brave', 'spoon', 'wobble'],
      ['Dialogue', 'Twist', 'MoralValue'],
    )
    for (const word of ['brave', 'spoon', 'wobble']) expect(usesWord(text, word), text).toBe(true)
    for (const name of ['Dialogue', 'Twist', 'MoralValue']) expect(hasFeature(text, name), text).toBe(true)
    expect(tokens.length).toBeLessThanOrEqual(160)
    const given = tokens.filter(({ probability }) => probability === undefined)
    expect(given.length).toBeLessThan(tokens.length / 3)
    // Cues stand where a sentence has ended.
    for (const name of ['Twist', 'MoralValue']) {
      const cue = tokenizer.encode(` ${cues.get(name)!.text}`, { addSpecialTokens: false }).ids
      const at = tokens.findIndex((_, i) => Array.from(cue).every((id, j) => tokens[i + j]?.id === id))
      expect(before(at)).toMatch(/[.!?]"?$/)
    }
  })

  it('asks for nothing when there is nothing to bring in', async () => {
    const { tokens } = await tell([], [], 30)
    expect(tokens.every(({ probability }) => probability !== undefined)).toBe(true)
  })

  it('expects tokens as the whole forward pass does, and knows nothing beyond the context', async () => {
    const { contextLength, vocabSize } = model.config
    const ids = Array.from({ length: 12 }, (_, i) => 10 + i * 3)
    const targets = [5, 700]
    const logits = tf.tidy(() =>
      tf.logSoftmax(
        tf.squeeze(forward(model.config, model.parameters, tf.tensor2d([ids], [1, 12], 'int32')), [0]),
      ),
    )
    const values = await logits.data()
    logits.dispose()
    const expected = await expectTokens(model, ids, 4, targets)
    expect(expected).toHaveLength(9 * 2)
    for (let place = 4; place <= 12; place++) {
      for (const [i, target] of targets.entries()) {
        expect(expected[(place - 4) * 2 + i]).toBeCloseTo(values[(place - 1) * vocabSize + target]!, 4)
      }
    }
    const [rated, shorter] = await rateEndings(model, [ids, ids.slice(0, 9)], 2)
    const sum = (end: number): number =>
      values[(end - 3) * vocabSize + ids[end - 2]!]! + values[(end - 2) * vocabSize + ids[end - 1]!]!
    expect(rated).toBeCloseTo(sum(12), 3)
    expect(shorter).toBeCloseTo(sum(9), 3)
    const long = Array.from({ length: contextLength + 3 }, (_, i) => 10 + (i % 50))
    const late = await expectTokens(model, long, 1, targets)
    expect(late).toHaveLength(long.length * 2)
    expect([...late.slice(0, 6)].every(value => value === Number.NEGATIVE_INFINITY)).toBe(true)
    expect([...late.slice(6)].every(Number.isFinite)).toBe(true)
  })

  it('keeps to its length, whatever is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(['brave', 'spoon', 'wobble']),
        fc.subarray([...cues.keys()]),
        fc.integer({ min: 60, max: 120 }),
        async (words, features, maxTokens) => {
          const { tokens } = await tell(words, features, maxTokens)
          expect(tokens.length).toBeLessThanOrEqual(maxTokens + 12)
        },
      ),
      { numRuns: 4 },
    )
  })
})
