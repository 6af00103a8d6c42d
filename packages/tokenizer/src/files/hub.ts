import { parseTokenizerText } from './parse-tokenizer-text.ts'
import { loadPretrained, type PretrainedOptions } from './pretrained.ts'
import type { StyledVocabOptions } from './story-defaults.ts'
import type { TokenizerJson } from './tokenizer-json.ts'

/** What opening a published model needs beyond the core, loaded when first used. */
export { loadPretrained }

/** The tokenizer.json of a published model, or of its vocab.txt where it has only that. */
export async function loadTokenizer(
  name: string,
  options: PretrainedOptions & StyledVocabOptions,
): Promise<TokenizerJson> {
  const [[file, text]] = [...(await loadPretrained(name, [['tokenizer.json'], ['vocab.txt']], options))] as [
    [string, string],
  ]
  return parseTokenizerText(text, `${name}/${file}`, options)
}
