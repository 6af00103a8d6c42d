import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** Runtimes of tens of megabytes, what trains, and the steps of learning are kept when they are used, not before. */
const LATER = /^ort[-.]|\.int8$|^stories-.*\.jsonl$|^train-worker/

/** The files of `assets/` that a service worker keeps from the first visit on, beside the page itself. */
export function filesToKeep(names: readonly string[]): string[] {
  return [
    './',
    ...names
      .filter(name => !LATER.test(name))
      .map(name => `./assets/${name}`)
      .sort(),
  ]
}

/** Writes `sw.js` with the list of the built files. */
export function offlinePlugin(): Plugin {
  return {
    name: 'offline',
    writeBundle({ dir }) {
      const files = filesToKeep(readdirSync(join(dir!, 'assets')))
      // Files have hashes in their names; only the page has none.
      const version = createHash('sha256')
        .update(files.join())
        .update(readFileSync(join(dir!, 'index.html')))
        .digest('hex')
      const source = readFileSync(new URL('service-worker.js', import.meta.url), 'utf8')
        .replace('tiny-stories-VERSION', `tiny-stories-${version.slice(0, 12)}`)
        .replace('files = FILES', `files = ${JSON.stringify(files)}`)
      writeFileSync(join(dir!, 'sw.js'), source)
    },
  }
}
