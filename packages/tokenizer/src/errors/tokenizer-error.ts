import { defineError, type ErrorClass, type ErrorOf, showValue } from '@tinystories/utils/errors'

/** Details of a {@link TokenizerError} by its code. */
export interface TokenizerErrorDetails {
  /** An option or argument has a value that it cannot have. */
  'invalid-option': { option: string; value: unknown; expected: string }
  /** The texts to train on are one string, or `item` of them is not a string. */
  'invalid-texts': { item: number | undefined; type: string }
  /** The texts to train on hold no words. */
  'no-words': Record<never, never>
  /** `vocabSize` has no room for the special tokens and the alphabet, which alone take `smallest` pieces. */
  'vocabulary-too-small': { vocabSize: number; smallest: number }
  /** A vocabulary breaks a rule. `source` is its file or argument, `place` a line or piece of it. */
  'invalid-vocabulary': { source: string; place: string; expected: string }
  /** The file holds a vocabulary alone, such as GPT-2's `vocab.json`, where a tokenizer is expected. */
  'bare-vocabulary': { source: string }
  /** The format `vocab.txt` cannot hold the vocabulary: a piece with a line break, or an id that no piece has. */
  'not-storable': { piece: string | undefined; id: number }
  /** The vocabulary lacks a token that is needed. `option` names it. */
  'missing-token': { token: string; option: string }
  /** No token has this id. */
  'unknown-id': { id: number; vocabSize: number }
  /** The text was encoded without the option `offsets`. */
  'offsets-not-kept': { member: string }
  /** A regular expression of a tokenizer.json means nothing in JavaScript. `component` is what has it. */
  'unsupported-pattern': { component: string; pattern: string }
  /** Worker threads exist in Node only. */
  'no-worker-threads': Record<never, never>
}

/** A text, vocabulary or option cannot be used. */
export const TokenizerError: ErrorClass<'TokenizerError', TokenizerErrorDetails> = defineError(
  'TokenizerError',
  {
    'invalid-option': ({ option, value, expected }) => ({
      problem: `${option} is ${showValue(value)}, expected ${expected}.`,
    }),
    'invalid-texts': ({ item, type }) => ({
      problem: `texts${item === undefined ? '' : `[${item}]`} is a ${type}.`,
      remedy: 'Give a list or stream of strings.',
    }),
    'no-words': () => ({ problem: 'The texts hold no words.' }),
    'vocabulary-too-small': ({ vocabSize, smallest }) => ({
      problem: `vocabSize is ${vocabSize}; special tokens and alphabet need ${smallest}.`,
      remedy: 'Raise it, or set limitAlphabet or a smaller initialAlphabet.',
    }),
    'invalid-vocabulary': ({ source, place, expected }) => ({
      problem: `${source}: ${place}: expected ${expected}.`,
    }),
    'bare-vocabulary': ({ source }) => ({
      problem: `${source} holds a vocabulary without its tokenizer.`,
      remedy: 'Put merges.txt beside vocab.json, or give a tokenizer.json.',
    }),
    'not-storable': ({ piece, id }) => ({
      problem: `vocab.txt cannot hold ${piece === undefined ? `a gap at id ${id}` : showValue(piece)}.`,
      remedy: 'Save a tokenizer.json.',
    }),
    'missing-token': ({ token, option }) => ({
      problem: `The vocabulary lacks ${showValue(token)}.`,
      remedy: `Set ${option}.`,
    }),
    'unknown-id': ({ id, vocabSize }) => ({
      problem: `No token has the id ${id}; the last is ${vocabSize - 1}.`,
    }),
    'offsets-not-kept': ({ member }) => ({
      problem: `Encoding.${member} needs offsets.`,
      remedy: 'Encode with { offsets: true }.',
    }),
    'unsupported-pattern': ({ component, pattern }) => ({
      problem: `${component}: JavaScript has no pattern ${showValue(pattern)}.`,
    }),
    'no-worker-threads': () => ({
      problem: 'Worker threads need Node.',
    }),
  },
)
export type TokenizerError = ErrorOf<typeof TokenizerError>
