import { type HubOptions, type HubRepository, openHubRepository } from '@tinystories/utils/hub'
import { TokenizerError } from '../errors/tokenizer-error.ts'
import type { StyledVocabOptions } from '../files/story-defaults.ts'
import { TOKENIZER_FILES, tokenizerFromText } from './load-tokenizer.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Options of {@link loadPretrainedTokenizer}. */
export interface PretrainedOptions extends HubOptions, StyledVocabOptions {
  /** Folder where files are kept (Node only). What is there is used without asking the hub. Default: nothing is kept. */
  cacheDir?: string
  /** Only the cache, no network. Default false. */
  offline?: boolean
  /** Ask the hub again which commit a branch or tag stands for. Default false. */
  refresh?: boolean
}

/**
 * Loads the tokenizer of a published model: of `tokenizer.json`, `vocab.txt`, and `vocab.json` with `merges.txt` the
 * first that it has. The vocabulary's options say how to read a `vocab.txt`.
 *
 * @param name such as `bert-base-uncased`, `roneneldan/TinyStories-33M` or `owner/name@revision`.
 * @throws HubError, FileError when it cannot be fetched
 * @throws InputError, TokenizerError when it is not such a tokenizer
 */
export async function loadPretrainedTokenizer(
  name: string,
  options: PretrainedOptions = {},
): Promise<Tokenizer> {
  const repository = await open(name, options)
  const names = TOKENIZER_FILES.find(files => files.every(file => repository.find(file) !== undefined))
  const read = async (file: string): Promise<string> =>
    new TextDecoder().decode(await repository.read(file, { maxBytes: 2 ** 28 }))
  const [file, merges] = names ?? TOKENIZER_FILES[0]!
  const source = `${repository.repository}/${file}`
  return tokenizerFromText(await read(file!), source, merges && (await read(merges)), options)
}

async function open(name: string, { cacheDir, ...options }: PretrainedOptions): Promise<HubRepository> {
  if (cacheDir !== undefined) {
    const { openCachedRepository } = await import('@tinystories/utils/hub/cache')
    return openCachedRepository(name, { ...options, cacheDir })
  }
  if (options.offline) {
    throw new TokenizerError('invalid-option', {
      option: 'cacheDir',
      value: cacheDir,
      expected: 'the folder that the files were kept in, since offline is set',
    })
  }
  return openHubRepository(name, options)
}
