import { useBackend } from '@tinystories/backends'
import { attentionPatterns, logitLens } from '@tinystories/interpret'
import { gptConfig, initParameters } from '@tinystories/model'

export default async function run() {
  await useBackend('cpu')
  const config = gptConfig('sample', { vocabSize: 16, contextLength: 8, hiddenSize: 8, layers: 1, heads: 2 })
  const model = { config, parameters: initParameters(config, 1) }
  const patterns = await attentionPatterns(model, [1, 2, 3])
  return [patterns.length, (await logitLens(model, [1, 2, 3], 2)).length > 0]
}
export const expected = [2, true]
