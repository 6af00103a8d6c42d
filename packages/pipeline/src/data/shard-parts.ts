import { join } from 'node:path'
import { openTokenShards } from '@tinystories/dataset'
import { createFolder, readTextFileIfPresent, removePath, writeFileAtomically } from '@tinystories/utils/disk'

/**
 * Remembers, while several folders of token shards are written below one, what is being done, so that the same call can
 * skip the folders that an interrupted one has finished.
 */
export class ShardParts {
  readonly #path: string
  readonly #resumes: boolean

  constructor(path: string, resumes: boolean) {
    this.#path = path
    this.#resumes = resumes
  }

  /** @param identity of the source, the tokenizer and the options: with another one nothing is skipped */
  static async open(folder: string, identity: string): Promise<ShardParts> {
    const path = join(folder, 'preparing.json')
    const content = `${JSON.stringify({ identity })}\n`
    const resumes = (await readTextFileIfPresent(path)) === content
    await createFolder(folder)
    if (!resumes) await writeFileAtomically(path, content)
    return new ShardParts(path, resumes)
  }

  /** Whether a folder is finished. */
  async has(folder: string): Promise<boolean> {
    if (!this.#resumes) return false
    return openTokenShards(folder)
      .index()
      .then(
        () => true,
        () => false,
      )
  }

  /** All parts are finished. */
  async finish(): Promise<void> {
    await removePath(this.#path)
  }
}
