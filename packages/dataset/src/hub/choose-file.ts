import { StorySourceError } from '../errors.ts'
import { formatsRead } from '../formats/detect.ts'
import type { HubFile } from './list-files.ts'

/** Which part of a data set is wanted. */
export type Split = 'train' | 'validation'

const readable = /\.(txt|jsonl|ndjson|json)(\.gz)?$/i
const splitNames: Record<Split, RegExp> = { train: /train/i, validation: /val/i }

/** Files that the TinyStories repository means by its splits (it holds several generations of the data). */
const known: Record<string, Record<Split, string>> = {
  'roneneldan/tinystories': { train: 'TinyStories-train.txt', validation: 'TinyStories-valid.txt' },
}

/**
 * The file to read: the one named, else the one that a split means.
 *
 * @throws StorySourceError when it is not there, or when several could be meant; it names the ones there are
 */
export function chooseFile(
  address: string,
  repository: string,
  path: string | undefined,
  split: Split,
  files: readonly HubFile[],
): HubFile {
  const stories = files.filter(file => readable.test(file.path))
  const wanted = path ?? known[repository.toLowerCase()]?.[split]
  const named = files.find(file => file.path === wanted)
  if (named !== undefined) return named
  const names = (stories.length > 0 ? stories : files).slice(0, 10).map(file => file.path)
  const there = names.length === 0 ? 'The repository has no files' : `There are: ${names.join(', ')}`
  if (path !== undefined)
    throw new StorySourceError({ source: address, problem: 'there is no such file', remedy: there })
  const ofSplit = stories.filter(file => splitNames[split].test(file.path))
  const candidates = ofSplit.length > 0 ? ofSplit : split === 'train' ? stories : []
  if (candidates.length === 1) return candidates[0]!
  throw new StorySourceError({
    source: address,
    problem:
      stories.length === 0
        ? `none of its files is of a format that is read (${formatsRead})`
        : `it is not clear which file holds the ${split} stories`,
    remedy: `Name a file behind the repository, as in hf://${repository}/FILE. ${there}`,
  })
}
