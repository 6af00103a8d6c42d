/** What the task `tokenize` of turbo runs: the bundled corpus as tokens, for `train`. */

import { defaultHeldOut } from '@tinystories/pipeline'
import { dataPrepare } from './commands/data-prepare.ts'
import { describeError } from './errors/describe-error.ts'
import { printError } from './terminal/output.ts'
import { bundledTokens } from './train/bundled-tokens.ts'

try {
  process.exitCode = await dataPrepare('sample', {
    out: bundledTokens,
    heldOut: defaultHeldOut,
    overwrite: true,
  })
} catch (error) {
  printError(describeError(error))
  process.exitCode = 1
}
