import type { HttpOptions } from '../bytes/http-bytes.ts'
import type { FormatOptions } from '../formats/detect-format.ts'
import type { RecordReaderOptions } from '../formats/item-file.ts'
import type { Stage } from '../stream/stage.ts'
import type { Story } from '../stream/story.ts'
import type { HubOptions } from './hub-options.ts'

/** Options of `openStories`; a driver takes the ones that concern it. */
export interface OpenStoriesOptions extends FormatOptions, RecordReaderOptions, HubOptions, HttpOptions {
  /** Asked before the drivers that come with the package. */
  drivers?: readonly SourceDriver[]
}

/** Opens sources that are named by a string. */
export interface SourceDriver {
  readonly name: string
  accepts(source: string): boolean
  /** The recipe's first stage. Nothing is read yet. */
  open(source: string, options: OpenStoriesOptions): Stage<Story>
}
