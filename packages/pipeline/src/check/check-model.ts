import { join } from 'node:path'
import { checkTokenizer, loadPretrainedArrays, WEIGHT_FILES } from '@tinystories/model/files'
import { readEvaluation } from '../run/read-evaluation.ts'
import { loadTokenizerFile } from '../source/load-tokenizer-file.ts'
import type { Checker } from './checker.ts'

/** Models: configuration, weights, the tokenizer that they were trained with, and the evaluation beside them. */
export const modelChecker: Checker = {
  matches: names => names.has('config.json') && WEIGHT_FILES.some(name => names.has(name)),
  async check(folder, context, names) {
    context.count('model')
    const model = await context.attempt(folder, () => loadPretrainedArrays(folder))
    if (['tokenizer.json', 'vocab.txt', 'vocab.json'].some(name => names.has(name))) {
      const tokenizer = await context.attempt(folder, () => loadTokenizerFile(folder))
      if (model && tokenizer) await context.attempt(folder, () => checkTokenizer(model, tokenizer, folder))
    }
    const evaluation = join(folder, 'evaluation.json')
    if (names.has('evaluation.json')) await context.attempt(evaluation, () => readEvaluation(evaluation))
  },
}
