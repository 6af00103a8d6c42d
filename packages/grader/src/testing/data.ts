import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of real data that is not part of the repository; tests that need it are skipped without it. */
export const data: string =
  process.env.TINYSTORIES_DATA ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url))

/** Whether a file of it is there; says so when it is not. */
export function hasData(path: string): boolean {
  const there = existsSync(`${data}/${path}`)
  if (!there)
    process.stderr.write(`skipped: ${data}/${path} is not there (TINYSTORIES_DATA names the folder)\n`)
  return there
}
