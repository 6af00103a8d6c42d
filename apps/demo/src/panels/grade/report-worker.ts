import {
  buildReport,
  type Completion,
  type GradingRun,
  grade,
  parseGradings,
  parseReport,
  type Report,
  renderHtml,
  renderJson,
} from '@tinystories/grader'
import { request } from '@tinystories/utils/http'
import { TransientError } from '@tinystories/utils/retry'
import { InputError } from '@tinystories/utils/schema'
import { serveWorker, type WebScope } from '@tinystories/utils/workers'
import { PageError } from '../../errors/page-error.ts'

// Bootstraps, permutations and files of many megabytes: not for the thread that draws the page.

/** More than any report of a few models has; of all files that are opened at once. */
const MAX_BYTES = 64 * 2 ** 20

const methods = {
  /** What the text alone shows, without a judge. */
  async estimate({
    models,
  }: {
    models: readonly { name: string; completions: readonly Completion[] }[]
  }): Promise<Report> {
    const runs = models.map(({ name, completions }) => grade([...completions], { judge: 'offline', name }))
    return buildReport(await Promise.all(runs))
  },

  async build({ runs }: { runs: GradingRun[] }): Promise<Report> {
    return buildReport(runs)
  },

  /** Opens a report, or makes one of several models' gradings. */
  async read({ files }: { files: File[] }): Promise<Report> {
    const bytes = files.reduce((sum, { size }) => sum + size, 0)
    if (bytes > MAX_BYTES)
      throw new InputError('too-large', {
        source: files.map(({ name }) => name).join(', '),
        bytes,
        limit: MAX_BYTES,
      })
    return parse(await Promise.all(files.map(async file => ({ name: file.name, text: await file.text() }))))
  },

  /** Opens the report at an address, which has to allow other pages to read it. */
  async readAddress({ url }: { url: string }): Promise<Report> {
    try {
      const reply = await request(url, { returnsBusy: true })
      if (!reply.ok) {
        await reply.close()
        throw new PageError('not-read', { url, status: reply.status })
      }
      return parse([{ name: url, text: await reply.text(MAX_BYTES) }])
    } catch (error) {
      if (!TransientError.isInstance(error)) throw error
      throw new PageError('not-read', { url, status: undefined }, { cause: error })
    }
  },

  async html({ report }: { report: Report }): Promise<string> {
    return renderHtml(report)
  },

  async json({ report }: { report: Report }): Promise<string> {
    return renderJson(report)
  },
}

export type ReportWorkerMethods = typeof methods

function parse(texts: readonly { name: string; text: string }[]): Report {
  const [first] = texts
  if (!first) throw new PageError('not-one-report', { files: 0 })
  if (texts.every(({ text }) => formatOf(text) === 'tinystories-gradings'))
    return buildReport(texts.map(({ name, text }) => parseGradings(text, name)))
  if (texts.length > 1) throw new PageError('not-one-report', { files: texts.length })
  return parseReport(first.text, first.name)
}

function formatOf(text: string): unknown {
  return /^\s*\{\s*"format"\s*:\s*"([^"]*)"/.exec(text)?.[1]
}

serveWorker(self as unknown as WebScope, methods)
