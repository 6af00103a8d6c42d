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
import { InputError } from '@tinystories/utils/schema'
import { serveWorker, type WebScope } from '@tinystories/utils/workers'
import { PageError } from '../../errors/page-error.ts'

// Bootstraps, permutations and files of many megabytes: not for the thread that draws the page.

/** More than any report of a few models has. */
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
    for (const { name, size } of files) {
      if (size > MAX_BYTES) throw new InputError('too-large', { source: name, bytes: size, limit: MAX_BYTES })
    }
    const texts = await Promise.all(files.map(async file => ({ name: file.name, text: await file.text() })))
    const [first] = texts
    if (!first) throw new PageError('not-one-report', { files: 0 })
    if (texts.every(({ text }) => formatOf(text) === 'tinystories-gradings')) {
      return buildReport(texts.map(({ name, text }) => parseGradings(text, name)))
    }
    if (texts.length > 1) throw new PageError('not-one-report', { files: texts.length })
    return parseReport(first.text, first.name)
  },

  /** Opens the report at an address, which has to allow other pages to read it. */
  async readAddress({ url }: { url: string }): Promise<Report> {
    const answer = await fetch(url).catch((error: Error) => {
      throw new PageError('not-read', { url, status: undefined }, { cause: error })
    })
    if (!answer.ok) throw new PageError('not-read', { url, status: answer.status })
    return methods.read({ files: [new File([await answer.blob()], url)] })
  },

  async html({ report }: { report: Report }): Promise<string> {
    return renderHtml(report)
  },

  async json({ report }: { report: Report }): Promise<string> {
    return renderJson(report)
  },
}

export type ReportWorkerMethods = typeof methods

function formatOf(text: string): unknown {
  return /^\s*\{\s*"format"\s*:\s*"([^"]*)"/.exec(text)?.[1]
}

serveWorker(self as unknown as WebScope, methods)
