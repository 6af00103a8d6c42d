import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { openStories, type Story } from '@tinystories/dataset'
import {
  completeRecord,
  countWords,
  readSummary,
  summaryRequest,
  VocabularyIndex,
} from '@tinystories/dataset/instruct'
import { type SynthesisClient, storyVocabulary } from '@tinystories/dataset/synthesis'
import { createFolder, toFileError } from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'
import { readOptions, type SourceAccess, type StoryFormat } from '../source/read-options.ts'

/** Options of {@link writeRecords}. */
export interface WriteRecordsOptions extends StoryFormat {
  /** File of JSON lines to write. */
  file: string
  /** Decides which words and which sentence of a story are taken. Default 0. */
  seed?: number
  /** Writes the summaries that are missing. Default: those stories have none. */
  summarizer?: SynthesisClient | undefined
  /** Summaries asked for at the same time. Default 32. */
  concurrency?: number
  /** Replace the file. Default: an error where there is one. */
  overwrite?: boolean
  access?: SourceAccess
  signal?: AbortSignal
  onProgress?: (progress: { stories: number; bytesRead: number; bytesTotal: number | undefined }) => void
}

/** How many of the records have what. */
export interface RecordsReport {
  stories: number
  /** Stories with a verb, a noun and an adjective. */
  threeWords: number
  features: Record<string, number>
  named: number
  summaries: number
  sentences: number
}

/**
 * Makes records for training on instructions from plain stories: a line of JSON for each story, with words by part of
 * speech, features, a sentence and, where it is given or a language model writes it, a summary. The file appears whole or
 * not at all.
 *
 * @throws PipelineError `file-exists`; FileError; what the dataset and the summarizer throw
 */
export async function writeRecords(source: string, options: WriteRecordsOptions): Promise<RecordsReport> {
  const {
    file,
    seed = 0,
    summarizer,
    concurrency = 32,
    overwrite = false,
    access,
    signal,
    onProgress,
  } = options
  if (!overwrite && (await exists(file))) throw new PipelineError('file-exists', { file })
  const vocabulary = new VocabularyIndex(await storyVocabulary())
  const report: RecordsReport = {
    stories: 0,
    threeWords: 0,
    features: {},
    named: 0,
    summaries: 0,
    sentences: 0,
  }
  const complete = async (story: Story): Promise<Story> => {
    const record = completeRecord(story, { vocabulary, seed, counts })
    if (record.summary !== undefined || summarizer === undefined) return record
    const summary = await summarize(summarizer, story.text, signal)
    return summary === undefined ? record : { ...record, summary }
  }
  const stories = openStories(source, readOptions(options, access))
  const counts = await countWords(stories, vocabulary, signal)
  const cursor = stories.iterate(signal ? { signal } : {})
  await createFolder(dirname(file))
  const temporary = `${file}.${process.pid}.tmp`
  const output = await open(temporary, 'w').catch(error => {
    throw toFileError(error, file, 'write')
  })
  try {
    const pending: Promise<Story>[] = []
    let lines: string[] = []
    const writeFirst = async (): Promise<void> => {
      const record = await pending.shift()!
      count(report, record)
      lines.push(`${JSON.stringify(record)}\n`)
      if (lines.length < 256) return
      await output.writeFile(lines.join(''))
      lines = []
      const { bytesRead, bytesTotal } = cursor.progress()
      onProgress?.({ stories: report.stories, bytesRead, bytesTotal })
    }
    for await (const story of cursor) {
      signal?.throwIfAborted()
      const record = complete(story)
      // Awaited in its turn; a failure before that is no unhandled one.
      record.catch(() => {})
      pending.push(record)
      if (pending.length >= (summarizer ? concurrency : 1)) await writeFirst()
    }
    while (pending.length > 0) await writeFirst()
    await output.writeFile(lines.join(''))
    await output.sync()
    await output.close()
    await rename(temporary, file)
    return report
  } catch (error) {
    await output.close().catch(() => {})
    await rm(temporary, { force: true }).catch(() => {})
    throw signal?.aborted ? error : toFileError(error, file, 'write')
  }
}

async function summarize(
  client: SynthesisClient,
  text: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const messages = [{ role: 'user' as const, content: summaryRequest(text) }]
  for (let trial = 0; trial < 3; trial++) {
    const reply = await client.complete(
      { messages, temperature: trial === 0 ? 0 : 0.7, maxTokens: 300, trial },
      signal ? { signal } : {},
    )
    const summary = readSummary(reply)
    if (summary !== undefined) return summary
  }
  return undefined
}

function count(report: RecordsReport, { words = [], features = [], summary, sentence }: Story): void {
  report.stories++
  if (words.length >= 3) report.threeWords++
  for (const feature of features) {
    if (feature.startsWith('Named ')) report.named++
    else report.features[feature] = (report.features[feature] ?? 0) + 1
  }
  if (summary !== undefined) report.summaries++
  if (sentence !== undefined) report.sentences++
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
