import type { ByteLevelJson } from '../scanners/pre-tokenizers.ts'
import { BYTE_CHARACTERS } from '../text/byte-characters.ts'
import {
  BARE,
  bertTemplate,
  parseTemplate,
  type Template,
  type TemplateProcessingJson,
  type TemplateStep,
  type TrimOffsets,
} from './template.ts'

/** The older form of a template, for BERT. */
export interface BertProcessingJson {
  type: 'BertProcessing'
  sep: [token: string, id: number]
  cls: [token: string, id: number]
}

/** RoBERTa's template: a pair is `<s> A </s></s> B </s>`, and every type id is 0. */
export interface RobertaProcessingJson {
  type: 'RobertaProcessing'
  sep: [token: string, id: number]
  cls: [token: string, id: number]
  trim_offsets: boolean
  add_prefix_space: boolean
}

/** The post-processors that this package reads. */
export type PostProcessorJson =
  | TemplateProcessingJson
  | BertProcessingJson
  | RobertaProcessingJson
  | ByteLevelJson
  | { type: 'Sequence'; processors: PostProcessorJson[] }

/** @throws {TokenizerError} `missing-token` when a template uses a token that it does not define. */
export function createTemplate(json: PostProcessorJson | null): Template {
  switch (json?.type) {
    case undefined:
      return BARE
    case 'TemplateProcessing':
      return parseTemplate(json)
    case 'BertProcessing':
      return parseTemplate(bertTemplate(json.cls, json.sep))
    case 'RobertaProcessing':
      return {
        ...robertaTemplate(json),
        trim: json.trim_offsets ? trimmer(json.add_prefix_space) : undefined,
      }
    case 'ByteLevel':
      return { ...BARE, trim: json.trim_offsets ? trimmer(json.add_prefix_space) : undefined }
    case 'Sequence':
      return json.processors.map(createTemplate).reduce(followedBy, BARE)
  }
}

function robertaTemplate({ cls, sep }: RobertaProcessingJson): Template {
  const special = ([, id]: [string, number]): TemplateStep => ({ ids: [id], typeId: 0 })
  const text = (which: 0 | 1): TemplateStep => ({ text: which, typeId: 0 })
  const single = [special(cls), text(0), special(sep)]
  return { single, pair: [...single, special(sep), text(1), special(sep)], typesOverflow: true }
}

/** Two post-processors one after the other, of which at most one inserts special tokens. */
function followedBy(first: Template, second: Template): Template {
  const { trim: _, ...steps } = second.single === BARE.single ? first : second
  const trims = [first.trim, second.trim].filter(trim => trim !== undefined)
  if (trims.length < 2) return { ...steps, trim: trims[0] }
  return {
    ...steps,
    trim: (token, index, start, end) =>
      trims.reduce<[number, number]>((range, trim) => trim(token, index, range[0], range[1]), [start, end]),
  }
}

const blank = new RegExp(`[${BYTE_CHARACTERS[0x20]}\\p{White_Space}]`, 'u')

/** Takes the blanks that a token begins and ends with out of its range, as the Rust library does. */
function trimmer(addPrefixSpace: boolean): TrimOffsets {
  return (token, index, start, end) => {
    const characters = [...token]
    const isText = (character: string): boolean => !blank.test(character)
    const first = characters.findIndex(isText)
    let leading = first < 0 ? characters.length : first
    const trailing = first < 0 ? characters.length : characters.length - 1 - characters.findLastIndex(isText)
    // The one blank that was put before the text takes nothing from it.
    if (addPrefixSpace && leading === 1 && (index === 0 || start === 0)) leading = 0
    const from = Math.min(start + leading, end)
    return [from, trailing > 0 && end >= trailing ? Math.max(end - trailing, from) : end]
  }
}
