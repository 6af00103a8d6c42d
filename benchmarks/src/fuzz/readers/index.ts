import type { Reader } from '../reader.ts'
import { chatReaders } from './chat.ts'
import { gradingReaders } from './gradings.ts'
import { hubReaders } from './hub.ts'
import { modelReaders } from './models.ts'
import { pieceReaders } from './pieces.ts'
import { runReaders } from './runs.ts'
import { storyReaders } from './stories.ts'
import { tokenReaders } from './tokens.ts'

/** Every reader of what comes from outside, by name. */
export const readers: Readonly<Record<string, Reader>> = {
  ...storyReaders,
  ...tokenReaders,
  ...modelReaders,
  ...gradingReaders,
  ...runReaders,
  ...chatReaders,
  ...hubReaders,
  ...pieceReaders,
}
