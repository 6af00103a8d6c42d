// The paper's sweep at its smallest size, from the sources and the bundled stories: every stage of every model is done,
// and the report is whole.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'reproduce-'))
try {
  const command = ['apps/cli/src/main.ts', 'reproduce', '--size', 'smoke', '--out', folder]
  const { status } = spawnSync(process.execPath, ['--conditions=@tinystories/source', ...command], {
    stdio: 'inherit',
  })
  if (status !== 0) fail(`reproduce ended with code ${status}`)
  const { missing, findings, rows } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
  if (missing.length > 0) fail(`stages without a result: ${JSON.stringify(missing)}`)
  if (findings.length !== 11) fail(`${findings.length} findings`)
  if (rows.some(({ training }) => !(training.bitsPerByte < 4))) fail('a model has not learned')
  const html = readFileSync(join(folder, 'report.html'), 'utf8')
  if (html.match(/<svg/g)?.length !== 5) fail('a picture is missing')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function fail(reason) {
  console.error(reason)
  process.exitCode = 1
  throw new Error(reason)
}
