import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { beforeAll, describe, expect, it } from 'vitest'
import { tinyModel } from '../testing/tiny.ts'
import { generateBatch } from './generate.ts'
import { type GenerateTextOptions, generateText, type TextTokenizer } from './generate-text.ts'
import type { SampledToken } from './sample-token.ts'

beforeAll(() => useBackend('cpu'))

const pieces = [' a', ' b', '##c', '##d', ' e', ' f', '##g', ' h', ' i', ' j', '<end>']

/** Like WordPiece: `##c` joins the word before, the first token has no blank, the newest token is held back. */
const tokenizer: TextTokenizer = {
  encode: text => ({
    ids: text
      .split(' ')
      .filter(Boolean)
      .map(word => pieces.indexOf(` ${word}`)),
  }),
  decodeStream() {
    let text = ''
    let held = ''
    const release = (next: string): string => {
      const out = held
      held = next
      text += out
      return out
    }
    return {
      push(id) {
        if (id === 10) return ''
        const piece = pieces[id]!.replace('##', '')
        return release(text === '' && held === '' ? piece.trimStart() : piece)
      },
      end: () => release(''),
    }
  },
  endOfTextId: 10,
}

const decode = (ids: number[]): string => {
  const stream = tokenizer.decodeStream()
  return ids.map(id => stream.push(id)).join('') + stream.end()
}

async function write(options: Omit<GenerateTextOptions, 'model' | 'tokenizer'>) {
  const parts: string[] = []
  const writing = generateText({ model: tinyModel(), tokenizer, ...options })
  for (;;) {
    const { done, value } = await writing.next()
    if (done) return { parts, text: parts.join(''), reason: value }
    parts.push(value)
  }
}

describe('generateText', () => {
  it('puts the end-of-text token before a prompt that begins a story', async () => {
    const sampling = { seed: 3, maxTokens: 8 }
    const [begun] = await generateBatch(tinyModel(), [[10, 0, 1]], { ...sampling, stopIds: [10] })
    const { text } = await write({ prompt: 'a b', beginStory: true, ...sampling })
    expect(`a b${text}`).toBe(decode([0, 1, ...begun!.ids]))
    expect((await write({ prompt: 'a b', ...sampling })).text).not.toBe(text)
  })

  it('gives the continuation alone, as decoding all of it would', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const [completion] = await generateBatch(tinyModel(), [[0, 1]], { seed, maxTokens: 12, stopIds: [10] })
      const { parts, text, reason } = await write({ prompt: 'a b', seed, maxTokens: 12 })
      expect(`a b${text}`).toBe(decode([0, 1, ...completion!.ids]))
      expect(reason).toBe(completion!.finishReason)
      expect(parts).not.toContain('')
    }
  })

  it('begins a story after the end of another when there is no prompt', async () => {
    const [completion] = await generateBatch(tinyModel(), [[10]], { seed: 2, maxTokens: 5, stopIds: [10] })
    const { text } = await write({ prompt: '', seed: 2, maxTokens: 5 })
    expect(text).toBe(decode(completion!.ids))
  })

  it('stops before a stop text, even one that comes in several pieces', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const whole = (await write({ prompt: 'a b', seed, maxTokens: 15 })).text
      for (const stop of [[' e f'], ['d', 'bc'], ['zz'], [whole.slice(3, 8) || 'x', ' h']]) {
        const first = stop
          .map(text => ({ start: whole.indexOf(text), end: whole.indexOf(text) + text.length }))
          .filter(({ start }) => start !== -1)
          .sort((a, b) => a.end - b.end || a.start - b.start)[0]
        const { text, reason } = await write({ prompt: 'a b', seed, maxTokens: 15, stop })
        expect(text).toBe(whole.slice(0, first?.start))
        if (first) expect(reason).toBe('stop')
      }
    }
  })

  it('tells each token before its text is given', async () => {
    const [completion] = await generateBatch(tinyModel(), [[0, 1]], { seed: 1, maxTokens: 12, stopIds: [10] })
    const tokens: SampledToken[] = []
    const onToken = (token: SampledToken): void => void tokens.push(token)
    const options = { model: tinyModel(), tokenizer, prompt: 'a b', seed: 1, maxTokens: 12, onToken }
    let given = ''
    for await (const piece of generateText(options)) {
      given += piece
      expect(decode([0, 1, ...tokens.map(({ id }) => id)])).toContain(`a b${given}`)
    }
    expect(tokens.map(({ id }) => id)).toEqual(completion!.ids)
    expect(tokens.map(({ logProbability }) => logProbability)).toEqual(completion!.logProbabilities)
  })

  it('refuses an empty stop text', async () => {
    await expect(write({ prompt: 'a', stop: [''] })).rejects.toThrow(/stop must be texts that are not empty/)
  })

  it('frees its cache when the reader leaves', async () => {
    const model = tinyModel()
    const before = tf.memory().numTensors
    for await (const _ of generateText({ model, tokenizer, prompt: 'a', seed: 1 })) break
    expect(tf.memory().numTensors).toBe(before)
  })
})
