import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseTokenizer, type Tokenizer } from '@tinystories/tokenizer'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadPretrainedArrays } from '../files/load.ts'
import { createWasmModel, type WasmModel } from '../wasm/wasm-model.ts'
import { featureTriggers, hasFeature } from './features.ts'
import { type ConstrainedToken, generateConstrained } from './generate-constrained.ts'
import { usesWord } from './uses-word.ts'

// A model that the page ships: constraints need one that has learned to continue.
const models = fileURLToPath(new URL('../../../../apps/demo/public/models/', import.meta.url))

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
})

describe('generateConstrained', () => {
  let model: WasmModel
  let tokenizer: Tokenizer
  beforeAll(async () => {
    tokenizer = await parseTokenizer(await readFile(`${models}tokenizer.json`, 'utf8'))
    model = await createWasmModel(await loadPretrainedArrays(`${models}tiny`))
  })

  const generate = async (words: string[], features: string[], maxTokens = 160) => {
    const prompt = [
      tokenizer.endOfTextId!,
      ...Array.from(tokenizer.encode('Once upon a time,', { addSpecialTokens: false }).ids),
    ]
    const tokens: ConstrainedToken[] = []
    for await (const token of generateConstrained(model, prompt, {
      constraints: { words, features },
      tokenizer,
      maxTokens,
      seed: 1,
      temperature: 0.7,
      topP: 0.95,
      stopIds: [tokenizer.endOfTextId!],
    }))
      tokens.push(token)
    const text = (some: readonly ConstrainedToken[]): string =>
      tokenizer.decode([...prompt, ...some.map(({ id }) => id)], { skipSpecialTokens: true })
    return { tokens, text: text(tokens), before: (i: number) => text(tokens.slice(0, i)) }
  }

  it('brings words and features in, and lets the model write the rest', async () => {
    const words = ['brave', 'spoon', 'wobble']
    const features = ['Dialogue', 'Twist', 'MoralValue']
    const { tokens, text, before } = await generate(words, features)
    for (const word of words) expect(usesWord(text, word), text).toBe(true)
    for (const name of features) expect(hasFeature(text, name), text).toBe(true)
    expect(tokens.length).toBeLessThanOrEqual(160)
    const inserted = tokens.filter(({ logProbability }) => logProbability === undefined)
    expect(inserted.length).toBeGreaterThan(0)
    // Words come in sentences of the model's own: only triggers are inserted.
    const triggers = features.flatMap(name => [...tokenizer.encode(featureTriggers[name]!.text).ids])
    expect(inserted.length).toBeLessThan(triggers.length + 10)
    expect(inserted.length).toBeLessThan(tokens.length / 3)
    // Triggers stand where a sentence has ended.
    for (const name of ['Twist', 'MoralValue']) {
      const trigger = tokenizer.encode(` ${featureTriggers[name]!.text}`, { addSpecialTokens: false }).ids
      const at = tokens.findIndex((_, i) => Array.from(trigger).every((id, j) => tokens[i + j]?.id === id))
      expect(before(at)).toMatch(/[.!?]"?$/)
    }
  })

  it('inserts nothing where nothing is asked for', async () => {
    const { tokens } = await generate([], [], 30)
    expect(tokens.every(({ logProbability }) => logProbability !== undefined)).toBe(true)
  })

  it('refuses a feature that it does not know', async () => {
    await expect(generate([], ['Rhyme'])).rejects.toThrow(/constraints\.features must be one of .*Twist/)
  })

  it('keeps to its length, whatever is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(['brave', 'spoon', 'wobble']),
        fc.subarray(Object.keys(featureTriggers)),
        fc.integer({ min: 60, max: 120 }),
        async (words, features, maxTokens) => {
          const { tokens } = await generate(words, features, maxTokens)
          expect(tokens.length).toBeLessThanOrEqual(maxTokens + 12)
        },
      ),
      { numRuns: 8 },
    )
  })
})
