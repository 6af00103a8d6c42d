import { writeFileAtomically } from '@tinystories/utils/disk'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import type { Vocabulary } from '../models/vocabulary.ts'
import { formatVocabText } from './vocab-text.ts'

/**
 * Writes a tokenizer.json, or a vocab.txt when the path ends so.
 *
 * @throws FileError
 * @throws {TokenizerError} `not-storable`
 */
export async function saveTokenizer(
  path: string,
  json: TokenizerJson,
  vocabulary: Vocabulary,
): Promise<void> {
  const text = path.endsWith('.txt')
    ? formatVocabText(vocabulary.entries())
    : `${JSON.stringify(json, null, 2)}\n`
  await writeFileAtomically(path, text)
}
