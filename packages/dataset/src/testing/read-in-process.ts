// Reads a file in a process of its own, so that its peak memory can be measured: FILE OPTIONS. Prints JSON.
import { readFileSync } from 'node:fs'
import { openStories } from '../sources/open-stories.ts'

const [file, options] = process.argv.slice(2) as [string, string]
/** From Linux, in KiB: what `getrusage` says of a process includes that of its parent before exec. */
const memory = (field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024

const before = memory('VmRSS')
let stories = 0
let code: string | undefined
try {
  for await (const _ of openStories(file, JSON.parse(options))) stories++
} catch (error) {
  code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
process.stdout.write(JSON.stringify({ stories, code, grown: memory('VmHWM') - before }))
