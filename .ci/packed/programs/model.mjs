import { countParameters, gptConfig, initParameterArrays } from '@tinystories/model'
import { encodeSafetensors, loadPretrainedArrays } from '@tinystories/model/files'
import { createWasmModel, generate } from '@tinystories/model/generation'

export default async function run({ isPage }) {
  const config = gptConfig('sample', {
    vocabSize: 32,
    contextLength: 16,
    hiddenSize: 16,
    layers: 2,
    heads: 2,
  })
  const parameters = initParameterArrays(config, 42)
  const model = await createWasmModel({ config, parameters })
  const ids = []
  for await (const { id } of generate(model, [1, 2, 3], { maxTokens: 5, temperature: 0 })) ids.push(id)
  await model.dispose()
  const refused = await loadPretrainedArrays('nowhere').catch(error => error.code)
  return [
    ids.length,
    countParameters(config).total > 5000,
    typeof encodeSafetensors,
    refused === (isPage ? 'needs-node' : 'unreadable'),
  ]
}
export const expected = [5, true, 'function', true]
