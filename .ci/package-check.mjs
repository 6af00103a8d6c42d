// Packs the package in the current folder and checks the tarball as a stranger would get it:
// publint for its manifest, are-the-types-wrong for what TypeScript and Node make of its entries.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const { name, exports } = JSON.parse(readFileSync('package.json', 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'package-check-'))
const run = (command, ...args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

try {
  const [packed] = JSON.parse(
    run('npm', 'pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder),
  )
  const tarball = join(folder, packed.filename.replace('@', '').replace('/', '-'))
  console.log(run('publint', 'run', '--strict', tarball))
  // A command has no entry that could be imported.
  const entries = Object.keys(exports).filter(entry => entry !== './package.json')
  // What our own packages alone import, from the sources.
  const internal = entries.filter(entry => String(Object.keys(exports[entry])) === '@tinystories/source')
  if (entries.length > internal.length) {
    const excluded = internal.length > 0 ? ['--exclude-entrypoints', ...internal] : []
    console.log(run('attw', tarball, '--profile', 'esm-only', '--format', 'ascii', ...excluded))
  }
  console.log(`${name}: ${packed.entryCount} files, ${packed.size} bytes packed`)
} catch (error) {
  console.error(error.stdout ?? '', error.message)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
