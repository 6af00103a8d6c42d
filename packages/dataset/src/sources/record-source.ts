import type { ByteSource } from '../bytes/byte-source.ts'
import { StorySourceError, StreamStateError } from '../errors.ts'
import type { DetectedFile } from '../formats/detect.ts'
import { fieldsOf, type Json } from '../json.ts'
import type { Story } from '../story.ts'
import type { RunContext, Stage, StageCursor } from '../stream/stage.ts'
import { RecordReader, type RecordReaderOptions } from './record-reader.ts'

/** Two wanted stories that are further apart than this are read by seeking, nearer ones by reading on. */
const seekDistance = 64 * 1024

/** What a {@link recordSource} reads. */
export interface RecordSourceOptions extends RecordReaderOptions {
  /** Names the source in the recipe. Not the path, so that a run can be resumed where the file lies elsewhere. */
  recipe: string
  /** Finds the file; called at the start of each walk. */
  find(signal: AbortSignal): Promise<DetectedFile>
}

/** Stories in a file of records. Positions are byte offsets, so stories are restored by random access. */
export function recordSource(options: RecordSourceOptions): Stage<Story> {
  return {
    recipe: [options.recipe],
    // Before the first item is asked for there is no position yet, which the state says as null.
    open: (context, from) => openRecords(options, context, from ?? undefined),
    restore: (positions, context) => restoreRecords(options, positions as readonly number[], context),
    bytesTotal: async context => (await options.find(context.signal)).bytes.size,
  }
}

function openRecords(
  options: RecordSourceOptions,
  { signal }: RunContext,
  from: Json | undefined,
): StageCursor<Story> {
  let reader: RecordReader | undefined
  let bytes: ByteSource | undefined
  let ended = false
  let found = from !== undefined
  const start = async (): Promise<RecordReader> => {
    const file = await options.find(signal)
    bytes = file.bytes
    if (from === undefined) return new RecordReader(file, options, signal)
    const { offset, record, size } = fieldsOf(from)
    ended = fieldsOf(from).ended === true
    if ((size ?? undefined) !== bytes.size) {
      throw new StreamStateError(
        `${bytes.name} has ${bytes.size} bytes, but the state to resume from was made when it had ${size}. ` +
          'Resume with the same file, or start anew without the state',
      )
    }
    return new RecordReader(file, options, signal, offset as number, record as number)
  }
  return {
    async next() {
      reader ??= await start()
      if (ended) return undefined
      const item = await reader.next()
      if (item !== undefined) found = true
      else if (found) ended = true
      else throw noStory(bytes!.name)
      return item
    },
    state() {
      if (reader === undefined) return from ?? null
      return {
        offset: reader.offset,
        record: reader.records,
        size: bytes?.size ?? null,
        ...(ended ? { ended } : {}),
      }
    },
    bytesRead: () => reader?.bytesRead() ?? 0,
    close: async () => reader?.close(),
  }
}

const noStory = (source: string): StorySourceError =>
  new StorySourceError({
    source,
    problem: 'there is no story in it',
    remedy: 'Give a file with stories in it',
  })

async function restoreRecords(
  options: RecordSourceOptions,
  positions: readonly number[],
  { signal }: RunContext,
): Promise<Story[]> {
  if (positions.length === 0) return []
  const file = await options.find(signal)
  const order = [...positions.keys()].sort((a, b) => positions[a]! - positions[b]!)
  const stories = new Array<Story>(positions.length)
  let reader: RecordReader | undefined
  let last: { position: number; story: Story } | undefined
  try {
    for (const place of order) {
      const position = positions[place]!
      while (last?.position !== position) {
        const far =
          reader === undefined || position < reader.offset || position - reader.offset > seekDistance
        if (reader === undefined || (far && file.bytes.seekable) || position < reader.offset) {
          await reader?.close()
          // Packed bytes are read from their beginning in any case, so one walk serves all positions.
          reader = new RecordReader(file, options, signal, position, 0)
        }
        const item = await reader.next()
        if (item === undefined || (item.at as number) > position) {
          throw new StreamStateError(
            `${file.bytes.name} has no story at byte ${position}, where the state to resume from says one is: ` +
              'the file changed. Resume with the same file, or start anew without the state',
          )
        }
        last = { position: item.at as number, story: item.value }
      }
      stories[place] = last.story
    }
  } finally {
    await reader?.close()
  }
  return stories
}
