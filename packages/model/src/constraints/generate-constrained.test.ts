import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseTokenizer, type Tokenizer } from '@tinystories/tokenizer'
import { usesWord } from '@tinystories/utils/text'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadPretrainedArrays } from '../files/load.ts'
import { createWasmModel, type WasmModel } from '../wasm/wasm-model.ts'
import { featureTriggers, hasFeature } from './features.ts'
import { type ConstrainedToken, generateConstrained } from './generate-constrained.ts'

// A model that the page ships: constraints need one that has learned to continue.
const models = fileURLToPath(new URL('../../../../apps/demo/models/', import.meta.url))

describe('generateConstrained', () => {
  let model: WasmModel
  let tokenizer: Tokenizer
  beforeAll(async () => {
    tokenizer = await parseTokenizer(await readFile(`${models}tokenizer.json`, 'utf8'))
    model = await createWasmModel(await loadPretrainedArrays(`${models}tiny`))
  })

  const generate = async (words: string[], features: string[], maxTokens = 160, instruction = '') => {
    const encode = (text: string): number[] =>
      Array.from(tokenizer.encode(text, { addSpecialTokens: false }).ids)
    const asked = [tokenizer.endOfTextId!, ...encode(instruction)]
    const prompt = [...asked, ...encode('Once upon a time,')]
    const tokens: ConstrainedToken[] = []
    for await (const token of generateConstrained(model, prompt, {
      constraints: { words, features },
      tokenizer,
      instructionLength: asked.length,
      maxTokens,
      seed: 1,
      temperature: 0.7,
      topP: 0.95,
      stopIds: [tokenizer.endOfTextId!],
    }))
      tokens.push(token)
    const text = (some: readonly ConstrainedToken[]): string =>
      tokenizer.decode([...prompt.slice(asked.length), ...some.map(({ id }) => id)], {
        skipSpecialTokens: true,
      })
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

  it('takes the words of an instruction for no words of the story', async () => {
    const { text } = await generate(['wobble'], [], 80, 'Words: wobble\nStory:\n')
    expect(text.startsWith('Once upon a time,')).toBe(true)
    expect(usesWord(text, 'wobble'), text).toBe(true)
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
