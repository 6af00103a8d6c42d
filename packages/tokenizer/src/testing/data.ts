import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const folder = process.env.TINYSTORIES_DATA ?? join(repository, '../shared/data')

/** Path of a file of the real data, which is never committed; undefined, with a printed reason, where it is missing. */
export function dataFile(name: string): string | undefined {
  const path = join(folder, name)
  if (existsSync(path)) return path
  process.stdout.write(`skipped: no ${name} under ${folder}; set TINYSTORIES_DATA to the data folder\n`)
  return undefined
}

/** The stories of a file in which each is followed by a line `<|endoftext|>`. */
export function readStories(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n<|endoftext|>\n')
    .filter(story => story !== '')
}
