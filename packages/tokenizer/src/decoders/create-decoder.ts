import { bytePiece } from '../models/byte-pair.ts'
import { findMatches, type PatternJson, toRegExp } from '../scanners/pattern.ts'
import type { ByteLevelJson, MetaspaceJson } from '../scanners/pre-tokenizers.ts'
import { CHARACTER_BYTES } from '../text/byte-characters.ts'
import { type Decoder, type DecodeSession, fusedDecoder, wordPieceDecoder } from './decoder.ts'

/** The decoders that this package reads. */
export type DecoderJson =
  | { type: 'WordPiece'; prefix: string; cleanup: boolean }
  | { type: 'BPEDecoder'; suffix: string }
  | { type: 'CTC'; pad_token: string; word_delimiter_token: string; cleanup: boolean }
  | { type: 'Replace'; pattern: PatternJson; content: string }
  | { type: 'Strip'; content: string; start: number; stop: number }
  | { type: 'Fuse' | 'ByteFallback' }
  | { type: 'Sequence'; decoders: DecoderJson[] }
  | ByteLevelJson
  | MetaspaceJson

/**
 * A step of a chain: takes tokens one by one and gives out those that no later one can change. `end` gives out the
 * rest, after which the step can start again.
 */
interface Step {
  push(token: string): readonly string[]
  end(): readonly string[]
}

/**
 * @param prefix of pieces that go on inside a word.
 * @throws {TokenizerError} `unsupported-pattern`
 */
export function createDecoder(json: DecoderJson | null, prefix: string): Decoder {
  if (json === null) return wordPieceDecoder(undefined, false)
  if (json.type === 'WordPiece') return wordPieceDecoder(json.prefix, json.cleanup)
  if (isStoryDecoder(json, prefix)) return fusedDecoder(prefix)
  const steps = flatten(json)
  // At the end of the chain everything is fused anyway.
  while (steps.at(-1)?.type === 'Fuse') steps.pop()
  const start = (): DecodeSession => chain(steps.map(createStep))
  return {
    start,
    buffer: () => {
      const session = start()
      let text = ''
      return {
        add: token => {
          text += session.push(token)
        },
        end: () => text + session.end(),
      }
    },
  }
}

/** Whether a decoder only leaves the prefix out, as that of a story vocabulary. */
function isStoryDecoder(json: DecoderJson, prefix: string): boolean {
  if (json.type !== 'Sequence' || json.decoders.length !== 2) return false
  const [replace, fuse] = json.decoders
  return (
    replace?.type === 'Replace' &&
    'Regex' in replace.pattern &&
    replace.pattern.Regex === `^${prefix}` &&
    replace.content === '' &&
    fuse?.type === 'Fuse'
  )
}

function flatten(json: DecoderJson): Exclude<DecoderJson, { type: 'Sequence' }>[] {
  if (json.type === 'Sequence') return json.decoders.flatMap(flatten)
  // The bytes of all tokens are one text to what follows.
  return json.type === 'ByteLevel' ? [json, { type: 'Fuse' }] : [json]
}

/** A session in which each step gets what the one before it gives out. */
function chain(steps: readonly Step[]): DecodeSession {
  const through = (tokens: readonly string[], from: number): readonly string[] =>
    steps.slice(from).reduce((out, step) => out.flatMap(token => step.push(token)), tokens)
  return {
    push: token => through([token], 0).join(''),
    end: () => steps.map((step, i) => through(step.end(), i + 1).join('')).join(''),
  }
}

function createStep(json: Exclude<DecoderJson, { type: 'Sequence' }>): Step {
  switch (json.type) {
    case 'WordPiece':
      return eachToken((token, isFirst) => {
        const inside = token.startsWith(json.prefix)
        const text = isFirst ? token : inside ? token.slice(json.prefix.length) : ` ${token}`
        return [json.cleanup ? cleanUpToken(text) : text]
      })
    case 'Metaspace':
      return eachToken((token, isFirst) => {
        const blank = isFirst && json.prepend_scheme !== 'never' ? '' : ' '
        return [token.replaceAll(json.replacement, blank)]
      })
    case 'Replace': {
      const pattern = toRegExp(json.pattern, 'decoder')
      return eachToken(token => [
        findMatches(token, pattern)
          .map(({ from, to, isMatch }) => (isMatch ? json.content : token.slice(from, to)))
          .join(''),
      ])
    }
    case 'Strip':
      return eachToken(token => [strip([...token], json)])
    case 'Fuse':
      return fuse(tokens => tokens.join(''))
    case 'ByteLevel':
      return byteLevel()
    case 'ByteFallback':
      return byteFallback()
    case 'CTC':
      return ctc(json)
    case 'BPEDecoder':
      return suffixed(json.suffix)
  }
}

function eachToken(replace: (token: string, isFirst: boolean) => readonly string[]): Step {
  let isFirst = true
  return {
    push: token => {
      const out = replace(token, isFirst)
      isFirst = false
      return out
    },
    end: () => {
      isFirst = true
      return []
    },
  }
}

function fuse(join: (tokens: string[]) => string): Step {
  const held: string[] = []
  return {
    push: token => {
      held.push(token)
      return []
    },
    end: () => [join(held.splice(0))],
  }
}

/** As the Rust library cleans up each token by itself. */
function cleanUpToken(text: string): string {
  const pairs = [
    [' .', '.'],
    [' ?', '?'],
    [' !', '!'],
    [' ,', ','],
    [" ' ", "'"],
    [" n't", "n't"],
    [" 'm", "'m"],
    [' do not', " don't"],
    [" 's", "'s"],
    [" 've", "'ve"],
    [" 're", "'re"],
  ] as const
  return pairs.reduce((clean, [from, to]) => clean.replaceAll(from, to), text)
}

function strip(
  characters: readonly string[],
  { content, start, stop }: { content: string; start: number; stop: number },
): string {
  let from = 0
  let to = characters.length
  while (from < Math.min(start, to) && characters[from] === content) from++
  while (to > Math.max(characters.length - stop, from) && characters[to - 1] === content) to--
  return characters.slice(from, to).join('')
}

/** Bytes written as characters; a character whose bytes are spread over several tokens is held back until it is whole. */
function byteLevel(): Step {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const encoder = new TextEncoder()
  return {
    push: token => {
      const bytes = Array.from(token, character => CHARACTER_BYTES.get(character))
      const isBytes = !bytes.includes(undefined)
      return [
        decoder.decode(isBytes ? Uint8Array.from(bytes as number[]) : encoder.encode(token), {
          stream: true,
        }),
      ]
    },
    end: () => [decoder.decode()],
  }
}

const PIECE_BYTES: ReadonlyMap<string, number> = new Map(
  Array.from({ length: 0x100 }, (_, byte) => [bytePiece(byte), byte]),
)

/** Pieces such as `<0x0A>` become the text of their bytes, or U+FFFD for each byte where they are not UTF-8. */
function byteFallback(): Step {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let held: number[] = []
  const flush = (): string[] => {
    const bytes = held
    held = []
    if (bytes.length === 0) return []
    try {
      return [strict.decode(Uint8Array.from(bytes))]
    } catch {
      return bytes.map(() => '\ufffd')
    }
  }
  return {
    push: token => {
      const byte = PIECE_BYTES.get(token.toUpperCase().replace('<0X', '<0x'))
      if (byte === undefined) return [...flush(), token]
      held.push(byte)
      return []
    },
    end: flush,
  }
}

/** Connectionist temporal classification: repeated tokens count once, padding not at all. */
function ctc(json: { pad_token: string; word_delimiter_token: string; cleanup: boolean }): Step {
  let before: string | undefined
  return {
    push: token => {
      if (token === before) return []
      before = token
      let text = json.pad_token === '' ? token : token.replaceAll(json.pad_token, '')
      if (json.cleanup) text = cleanUpToken(text).replaceAll(json.word_delimiter_token, ' ')
      return text === '' ? [] : [text]
    },
    end: () => {
      before = undefined
      return []
    },
  }
}

/** The suffix of a word's last piece becomes the blank after it, but for the last word. */
function suffixed(suffix: string): Step {
  let held: string | undefined
  return {
    push: token => {
      const out = held === undefined ? [] : [held.replaceAll(suffix, ' ')]
      held = token
      return out
    },
    end: () => {
      const out = held === undefined ? [] : [held.replaceAll(suffix, '')]
      held = undefined
      return out
    },
  }
}
