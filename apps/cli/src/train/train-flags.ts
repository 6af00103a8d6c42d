import type { RunOptions } from '@tinystories/pipeline'
import { fromTyped, modelSource } from '../paths.ts'
import { resolveSource } from '../resolve-source.ts'
import { findBundledTokens } from './bundled-tokens.ts'
import { instructOption } from './instruct-option.ts'
import { shorterNames } from './shorter-names.ts'

/** What was asked for on the command line; every flag may be left out. */
export type TrainFlags = Omit<RunOptions, keyof typeof shorterNames | 'instruct'> & {
  [Option in keyof typeof shorterNames as (typeof shorterNames)[Option]]?: RunOptions[Option]
} & {
  instruct?: string | true
  out?: string
  resume?: string
  force?: boolean
  tensorboard?: boolean
  tracker?: string
  json?: boolean
  findLearningRate?: boolean
  findBatchSize?: boolean
}

/** The options of the run that flags ask for, with paths made absolute. */
export async function runOptions(flags: TrainFlags): Promise<RunOptions> {
  const {
    out: _out,
    resume,
    force: _force,
    tensorboard: _tensorboard,
    tracker: _tracker,
    json: _json,
    findLearningRate: _rate,
    findBatchSize: _size,
    ...rest
  } = flags
  const longer = Object.fromEntries(Object.entries(shorterNames).map(([option, flag]) => [flag, option]))
  const options = Object.fromEntries(
    Object.entries(rest).map(([flag, value]) => [longer[flag] ?? flag, value]),
  ) as RunOptions
  const bundledTokens = resume === undefined ? await findBundledTokens(options) : undefined
  const data = bundledTokens ?? options.data
  return {
    ...options,
    ...(data === undefined ? {} : { data: resolveSource(data) }),
    ...(options.valid == null ? {} : { valid: resolveSource(options.valid) }),
    ...(options.from === undefined ? {} : { from: modelSource(options.from)! }),
    ...(options.adapter === undefined ? {} : { adapter: fromTyped(options.adapter) }),
    ...instructOption(flags),
    ...(options.tokenizer === undefined ? {} : { tokenizer: fromTyped(options.tokenizer) }),
  }
}
