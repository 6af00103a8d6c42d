// Before the tests, in one thread: strips the types of all sources that tests may load in threads and processes.
import { globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folder, readIfThere, root, stripped } from './cache.mjs'

export default function strip() {
  mkdirSync(folder, { recursive: true })
  const sources = globSync('{packages,apps}/*/src/**/*.ts', { cwd: fileURLToPath(root) })
  const kept = new Set()
  for (const source of sources) {
    const text = readFileSync(new URL(source, root), 'utf8')
    const file = stripped(text)
    kept.add(basename(file.pathname))
    if (readIfThere(file) !== undefined) continue
    const part = new URL(`${file.href}.${process.pid}`)
    writeFileSync(part, stripTypeScriptTypes(text))
    renameSync(part, file)
  }
  for (const name of readdirSync(folder)) if (!kept.has(name)) rmSync(new URL(name, folder), { force: true })
}
