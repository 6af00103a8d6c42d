import { gptConfig, initParameterArrays } from '@tinystories/model'
import { createWasmModel, score } from '@tinystories/model/generation'
import { trainTokenizer } from '@tinystories/tokenizer'
import { expect, test } from 'vitest'
import { scoreEndings } from './score-endings.ts'

test('scores endings after the end-of-text token and the prompt', async () => {
  const tokenizer = await trainTokenizer(['The cat sat.', 'The dogs ran away.', 'The dog sat.'], {
    vocabSize: 230,
  })
  const config = gptConfig('tinystories-1m', {
    vocabSize: tokenizer.vocabSize,
    contextLength: 32,
    hiddenSize: 16,
    heads: 4,
    layers: 1,
  })
  const model = await createWasmModel({ config, parameters: initParameterArrays(config, 1) })
  try {
    const ids = (text: string): number[] =>
      Array.from(tokenizer.encode(text, { addSpecialTokens: false }).ids)
    const eos = tokenizer.endOfTextId!
    const endings = [' sat.', ' ran away.', ' ran']
    const found = (await scoreEndings({ model, tokenizer }, 'The dog', endings))!
    for (const [at, ending] of endings.entries()) {
      const [expected] = await score(model, [eos, ...ids('The dog')], [ids(ending)])
      expect(found[at]).toBeNear(expected!.logProbability, { absolute: 1e-9 })
    }
    // An ending that changes the last token of the prompt is scored from there on, like the others.
    const [whole, other] = (await scoreEndings({ model, tokenizer }, 'The dog', ['s ran', ' sat.']))!
    const shared = ids('The dogs ran').findIndex((id, at) => id !== ids('The dog sat.')[at])
    const prompt = [eos, ...ids('The dog sat.').slice(0, shared)]
    const expected = await score(model, prompt, [
      ids('The dogs ran').slice(shared),
      ids('The dog sat.').slice(shared),
    ])
    expect([whole, other]).toBeNear(
      expected.map(({ logProbability }) => logProbability),
      { absolute: 1e-9 },
    )
    expect(await scoreEndings({ model, tokenizer }, 'The dog '.repeat(40).trim(), [' sat.'])).toBeUndefined()
  } finally {
    await model.dispose()
  }
})
