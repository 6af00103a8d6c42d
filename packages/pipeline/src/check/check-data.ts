import { join } from 'node:path'
import { checkTokenShards } from '@tinystories/dataset'
import { readSynthesis } from '@tinystories/dataset/synthesis'
import { readTextFile } from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'
import { checkLastLine } from './check-lines.ts'
import type { Checker } from './checker.ts'

/** Folders of token shards: index, sizes and checksums of every file. */
export const shardChecker: Checker = {
  async matches(names, folder) {
    if (names.has('unfinished.json')) return true
    if (!names.has('index.json')) return false
    if ([...names].some(name => /^shard-\d{5}\.bin$/.test(name))) return true
    // An index.json may be anything else.
    return (await readTextFile(join(folder, 'index.json')).catch(() => '')).includes(
      'tinystories-token-shards',
    )
  },
  async check(folder, { count, report, signal }, names) {
    count('token shards')
    const damage = await checkTokenShards(folder, signal)
    for (const { path, error } of damage) report(path, error)
    const path = join(folder, 'unfinished.json')
    // Removing it is the last step, after the index was written.
    if (damage.length === 0 && names.has('index.json') && names.has('unfinished.json'))
      report(path, new PipelineError('leftover', { path }), 'remove')
  },
}

const suffix = '.synthesis'

/** Files of synthesized stories, which have a folder beside them. */
export const synthesisChecker: Checker = {
  matches: names =>
    [...names].some(name => name.endsWith(suffix) && names.has(name.slice(0, -suffix.length))),
  async check(folder, context, names) {
    for (const name of names) {
      if (!name.endsWith(suffix) || !names.has(name.slice(0, -suffix.length))) continue
      const path = join(folder, name.slice(0, -suffix.length))
      context.count('synthesized stories')
      await context.attempt(path, () => readSynthesis(path))
      await context.attempt(path, () => checkLastLine(path, context))
    }
  },
}
