// The sources without their types, kept in node_modules/.cache under a hash of their text.
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export const root = new URL('../../', import.meta.url)
export const folder = new URL('node_modules/.cache/stripped-types/', root)

/** Where the text of a source is kept without its types. */
export function stripped(text) {
  return new URL(`${hash('sha1', process.version + text)}.js`, folder)
}

/** @returns what a file holds, undefined where there is none */
export function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return undefined
  }
}
