import type { HubFile } from '@tinystories/utils/hub'
import { DatasetError } from '../errors/dataset-error.ts'
import { isStoryFile, supportedFormats } from '../formats/file-names.ts'

/** Which part of a data set is wanted. */
export type Split = 'train' | 'validation'

const splitNames: Record<Split, RegExp> = { train: /train/i, validation: /val/i }

/** A file of a series, as in `train-00000-of-00004.parquet`; a digest may follow the numbers. */
const seriesPattern = /^(.*-)(\d{5})-of-(\d{5})(?:-[0-9a-f]+)?(\..*)$/

/** Files that the repositories of TinyStories mean by their splits (they hold several generations of the data). */
const known: Record<string, Record<Split, string>> = {
  'roneneldan/tinystories': { train: 'TinyStories-train.txt', validation: 'TinyStories-valid.txt' },
  'roneneldan/tinystoriesinstruct': {
    train: 'TinyStories-Instruct-train.txt',
    validation: 'TinyStories-Instruct-valid.txt',
  },
}

/**
 * The files to read, in their order: the one named, else what a split means, in the folder named: one file or a whole
 * numbered series.
 *
 * @throws DatasetError when it is missing, or when several could be meant; it names the ones there are
 */
export function chooseFiles(
  source: string,
  repository: string,
  path: string | undefined,
  split: Split,
  files: readonly HubFile[],
): readonly HubFile[] {
  const wanted = path ?? known[repository.toLowerCase()]?.[split]
  const named = files.find(file => file.path === wanted)
  if (named !== undefined) return [named]
  const inFolder = path === undefined ? files : files.filter(file => file.path.startsWith(`${path}/`))
  const stories = inFolder.filter(file => isStoryFile(file.path))
  const all = files.filter(file => isStoryFile(file.path))
  const available = (stories.length > 0 ? stories : all.length > 0 ? all : files)
    .slice(0, 10)
    .map(file => file.path)
  if (path !== undefined && inFolder.length === 0) throw new DatasetError('not-found', { source, available })
  const ofSplit = stories.filter(file => splitNames[split].test(file.path))
  const candidates = ofSplit.length > 0 ? ofSplit : split === 'train' ? stories : []
  if (candidates.length === 1 && !seriesPattern.test(candidates[0]!.path)) return candidates
  const series = wholeSeries(candidates)
  if (series !== undefined) return series
  if (stories.length === 0)
    throw new DatasetError('no-story-files', { source, files: available, supported: supportedFormats })
  throw new DatasetError('ambiguous-source', { source, repository, split, files: available })
}

/** The files in order when they are all of one numbered series and none is missing. */
function wholeSeries(files: readonly HubFile[]): readonly HubFile[] | undefined {
  const parts = files.map(file => ({ file, match: seriesPattern.exec(file.path) }))
  const first = parts[0]?.match
  if (!first) return undefined
  const [, prefix, , total, ending] = first
  const same = parts.every(
    ({ match }) => match !== null && match[1] === prefix && match[3] === total && match[4] === ending,
  )
  if (!same || parts.length !== Number(total)) return undefined
  const sorted = parts.sort((a, b) => Number(a.match![2]) - Number(b.match![2]))
  return sorted.every(({ match }, i) => Number(match![2]) === i) ? sorted.map(({ file }) => file) : undefined
}
