import { DatasetError } from '../errors/dataset-error.ts'
import { supportedFormats } from '../formats/file-names.ts'
import type { Stage } from '../stream/stage.ts'
import type { Story } from '../stream/story.ts'
import { StoryStream } from '../transforms/story-stream.ts'
import type { OpenStoriesOptions, SourceDriver } from './driver.ts'
import { fileDriver } from './file.ts'
import { httpDriver } from './http.ts'
import { hubDriver } from './hub.ts'
import { listSource } from './list.ts'
import { sampleDriver } from './sample.ts'

const builtIn: readonly SourceDriver[] = [sampleDriver, hubDriver, httpDriver, fileDriver]

/**
 * Stories from a file (`.txt`, `.jsonl`, `.json`, `.csv`, each also compressed; `.parquet`; `.tar.gz`; `.bin` with the
 * option `tokenizer`; TinyStories-Instruct in any of them) by its path, its web address or on the hub
 * (`hf://owner/name[@revision][/path]`), from the bundled corpus (`sample`), from a list, or from a source of your own.
 *
 * Reads nothing yet: what is wrong with a source is thrown when its first item is asked for.
 *
 * @throws DatasetError immediately when no driver knows the source, and while iterating; FileError, HubError and HttpError
 * while iterating
 */
export function openStories(
  source: string | readonly (Story | string)[] | Stage<Story>,
  options: OpenStoriesOptions = {},
): StoryStream<Story> {
  if (typeof source !== 'string') return new StoryStream(isStage(source) ? source : listSource(source))
  const driver = [...(options.drivers ?? []), ...builtIn].find(candidate => candidate.accepts(source))
  if (driver !== undefined) return new StoryStream(driver.open(source, options))
  throw new DatasetError('unknown-source', { source, supported: supportedFormats })
}

function isStage(source: readonly (Story | string)[] | Stage<Story>): source is Stage<Story> {
  return 'open' in source && 'restore' in source
}
