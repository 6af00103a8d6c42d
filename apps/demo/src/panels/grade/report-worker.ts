import {
  buildReport,
  GraderInputError,
  type GradingRun,
  type Report,
  readGradings,
  readReport,
  renderHtml,
  renderJson,
} from '@tinystories/grader'
import { serve } from '../../workers/rpc.ts'
import { checkReport } from './check-report.ts'

// Bootstraps, permutations and files of many megabytes: not for the thread that draws the page.

/** More than any report of a few models has. */
const LARGEST_BYTES = 64 * 2 ** 20

const methods = {
  async build({ runs }: { runs: GradingRun[] }): Promise<Report> {
    return buildReport(runs)
  },

  /** Opens a report, or makes one of several models' gradings. */
  async read({ files }: { files: File[] }): Promise<Report> {
    for (const { name, size } of files) {
      if (size > LARGEST_BYTES)
        throw new GraderInputError({
          source: name,
          problem: `${Math.round(size / 2 ** 20).toLocaleString('en')} MB are more than this page takes (${LARGEST_BYTES / 2 ** 20} MB)`,
          remedy: 'Open the HTML report beside it instead',
        })
    }
    const texts = await Promise.all(files.map(async file => ({ name: file.name, text: await file.text() })))
    const [first] = texts
    if (!first) throw new Error('That was no file: drop report.json, which "tinystories grade" wrote.')
    if (texts.every(({ text }) => formatOf(text) === 'tinystories-gradings')) {
      const report = buildReport(texts.map(({ name, text }) => checkRun(readGradings(text, name), name)))
      return checkReport(report, first.name)
    }
    if (texts.length > 1) throw new Error('Open one report, or the gradings.json of several models.')
    return checkReport(readReport(first.text, first.name), first.name)
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

function checkRun(run: GradingRun, source: string): GradingRun {
  if (!Array.isArray(run.gradings) || !Array.isArray(run.rubric?.criteria))
    throw new GraderInputError({
      source,
      problem: 'there are no gradings or no rubric in it',
      remedy: 'Grade again: the journal keeps all marks',
    })
  return run
}

serve(methods)
