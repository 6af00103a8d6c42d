import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openTokenShards } from '@tinystories/dataset'
import { writeWhole } from '../run-folder.ts'

/**
 * Remembers, while a command writes several folders of token shards below one, what it is doing, so that the same command
 * can pass over the folders that an interrupted run has finished.
 */
export class DoneParts {
  readonly #path: string
  readonly #goesOn: boolean

  private constructor(path: string, goesOn: boolean) {
    this.#path = path
    this.#goesOn = goesOn
  }

  /** @param identity of the source, the tokenizer and the flags: another one has nothing to pass over */
  static async open(folder: string, identity: string): Promise<DoneParts> {
    const path = join(folder, 'preparing.json')
    const content = `${JSON.stringify({ identity })}\n`
    const goesOn = (await readFile(path, 'utf8').catch(() => '')) === content
    await mkdir(folder, { recursive: true })
    if (!goesOn) await writeWhole(path, content)
    return new DoneParts(path, goesOn)
  }

  async has(folder: string): Promise<boolean> {
    if (!this.#goesOn) return false
    return openTokenShards(folder)
      .index()
      .then(
        () => true,
        () => false,
      )
  }

  /** All parts are done. */
  async finish(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}
