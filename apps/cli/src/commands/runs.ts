import { resolve } from 'node:path'
import { forDisplay, fromTyped } from '../paths.ts'
import { findRuns, type RunSummary, readRuns } from '../runs/read-run.ts'
import { runsJson } from '../runs/runs-json.ts'
import { runsPage } from '../runs/runs-page.ts'
import { print, printError, printJson } from '../terminal/output.ts'
import { writeResult } from '../write-result.ts'

export interface RunsFlags {
  out?: string
  json?: boolean
}

/**
 * Compares runs: a table in the terminal, or JSON, and a page with their curves and stories.
 *
 * @returns the exit code
 */
export async function runs(paths: readonly string[], { out, json = false }: RunsFlags): Promise<number> {
  const folders = await findRuns((paths.length === 0 ? ['runs'] : paths).map(path => fromTyped(path)))
  const read = await readRuns(folders)
  const { runs: summaries, problems } = read
  if (!json) for (const problem of problems) printError(`Warning: ${problem}`)
  const page = out ?? (json ? undefined : 'runs.html')
  if (page !== undefined) {
    const path = resolve(fromTyped(page))
    const code = await writeResult(path, await runsPage(summaries))
    if (code !== 0) return code
  }
  if (json) {
    printJson(runsJson(read), 2)
    return 0
  }
  printTable(summaries)
  if (page !== undefined) print(`Curves and stories: ${forDisplay(resolve(fromTyped(page)))}`)
  return 0
}

function printTable(summaries: readonly RunSummary[]): void {
  const width = Math.max(3, ...summaries.map(({ name }) => name.length))
  print(`${'run'.padEnd(width)}  bits/byte  parameters   steps      tokens`)
  for (const { name, score, bestBitsPerByte, parameters, steps, tokens } of summaries) {
    const bits = score?.bitsPerByte ?? bestBitsPerByte
    print(
      [
        name.padEnd(width),
        (bits === undefined ? '-' : `${score ? '' : '~'}${bits.toFixed(3)}`).padStart(9),
        parameters.toLocaleString('en').padStart(10),
        steps.toLocaleString('en').padStart(6),
        tokens.toLocaleString('en').padStart(10),
      ].join('  '),
    )
  }
  if (summaries.some(({ score }) => score === undefined)) {
    print('~ the best during training, on part of the held-out stories: the run has not ended')
  }
}
