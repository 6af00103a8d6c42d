import { defineError, type ErrorClass, type ErrorOf } from '@tinystories/utils/errors'

/** Details of a {@link PageError} by its code. */
export interface PageErrorDetails {
  /** A text to train on has more bytes than `limit`. */
  'text-too-large': { file: string; bytes: number; limit: number }
  /** A file is not text in UTF-8. */
  'not-text': { file: string }
  /** A text has fewer characters than training needs. */
  'text-too-short': { file: string; characters: number; minimum: number }
  /** The vocabulary of a model does not have the characters of a text. `share` of its tokens are unknown, 0 to 1. */
  'unknown-script': { model: string; file: string; share: number }
  /** The browser gives pages no storage. */
  'no-storage': Record<never, never>
  /** The storage is full. */
  'storage-full': Record<never, never>
  /** The storage fails. */
  'storage-failed': { reason: string }
  /** A run is no longer in the storage. */
  'no-run': { id: string }
  /** A model is no longer in the storage. */
  'not-kept': Record<never, never>
  /** An address names a model that this browser does not have. */
  'model-elsewhere': Record<never, never>
  /** A run is open in another tab. */
  'run-in-use': { id: string }
  /** Nothing was trained yet. */
  'no-trained-model': Record<never, never>
  /** Nothing was dropped that is a file. */
  'no-files': Record<never, never>
  /** None of the files is a model. */
  'no-model': { files: readonly string[] }
  /** A model's file is missing. */
  'missing-file': { file: string; beside: string }
  /** A file of a model has more bytes than `limit`. */
  'model-too-large': { file: string; bytes: number; limit: number }
  /** A zip archive cannot be read. */
  'damaged-archive': { file: string }
  /** A file that ships with the page did not load. */
  'not-loaded': { url: string; status: number | undefined; reason: string }
  /** A report at an address cannot be read; without a status the page got no answer. */
  'not-read': { url: string; status: number | undefined }
  /** A text to look at is too short. */
  'no-text': Record<never, never>
  /** The model cannot start a story without a prompt. */
  'no-prompt': Record<never, never>
  /** No model was chosen. */
  'no-model-chosen': Record<never, never>
  /** Too few or too many prompts. */
  'prompt-count': { count: number; limit: number }
  /** A prompt has more characters than `limit`. */
  'prompt-too-long': { number: number; characters: number; limit: number }
  /** The files are not one report, nor gradings of several models. */
  'not-one-report': { files: number }
  /** A model that was chosen does not open; `problem` says why. */
  'model-not-opened': { model: string; problem: string }
}

const megabytes = (bytes: number): string => Math.round(bytes / 2 ** 20).toLocaleString('en')
const whole = (count: number): string => count.toLocaleString('en')

/** The page cannot do what it was asked to. */
export const PageError: ErrorClass<'PageError', PageErrorDetails> = defineError<
  'PageError',
  PageErrorDetails
>('PageError', {
  'text-too-large': ({ file, bytes, limit }) => ({
    problem: `${file} has ${megabytes(bytes)} MB; the page trains on up to ${megabytes(limit)} MB.`,
    remedy: 'Use a part of it, or the command line.',
  }),
  'not-text': ({ file }) => ({
    problem: `${file} is not UTF-8 text.`,
    remedy: 'Choose a plain text file.',
  }),
  'text-too-short': ({ file, characters, minimum }) => ({
    problem: `${file} has ${whole(characters)} characters of text; at least ${whole(minimum)} are needed.`,
    remedy: 'Choose a longer text.',
  }),
  'unknown-script': ({ model, file, share }) => ({
    problem: `${model} does not know the script of ${file}: ${Math.round(100 * share)} % of it would be the unknown token.`,
    remedy: 'Train a new model, whose vocabulary is made of the text.',
  }),
  'no-storage': () => ({ problem: 'This browser has no storage for pages.' }),
  'storage-full': () => ({
    problem: "The browser's storage is full.",
    remedy: 'Delete a run or free some space, or download the model now.',
  }),
  'storage-failed': ({ reason }) => ({ problem: `The browser's storage does not work here (${reason}).` }),
  'no-run': () => ({
    problem: "The run is no longer in the browser's storage.",
    remedy: 'Start a new run.',
  }),
  'not-kept': () => ({
    problem: "The model is no longer in the browser's storage.",
    remedy: 'Open it again from its files or its address.',
  }),
  'model-elsewhere': () => ({
    problem:
      'The model of this address is not in this browser: it was trained or opened in another one, or removed.',
    remedy: 'Another model writes in its place. Download the model there and open it here.',
  }),
  'run-in-use': () => ({
    problem: 'This run is open in another tab.',
    remedy: 'Continue it there, or close that tab.',
  }),
  'no-trained-model': () => ({ problem: 'There is no model yet.', remedy: 'Start training first.' }),
  'no-files': () => ({
    problem: 'Nothing was dropped that is a file.',
    remedy: 'Drop the folder of a model.',
  }),
  'no-model': ({ files }) => ({
    problem: `${files.join(', ') || 'The folder'}: no model was found.`,
    remedy: 'A model is a folder with model.safetensors, config.json and tokenizer.json, or a zip of one.',
  }),
  'missing-file': ({ file, beside }) => ({
    problem: `${file} is missing beside ${beside}.`,
    remedy: 'Drop the whole folder.',
  }),
  'model-too-large': ({ file, bytes, limit }) => ({
    problem: `${file} has ${megabytes(bytes)} MB; the page opens up to ${megabytes(limit)} MB.`,
    remedy: 'The command line opens larger models.',
  }),
  'damaged-archive': ({ file }) => ({
    problem: `${file} is not a zip archive, or is damaged.`,
    remedy: 'Download it again.',
  }),
  'not-loaded': ({ url, status, reason }) => ({
    problem:
      status === undefined ? `${url} did not load (${reason}).` : `${url}: the server answered ${status}.`,
    remedy: 'Check the network and reload the page.',
  }),
  'not-read': ({ url, status }) =>
    status === undefined
      ? {
          problem: `${url} gives this page no answer.`,
          remedy:
            'Check the address; its server must allow other pages to read it (CORS). Or download the report and drop it here.',
        }
      : { problem: `${url}: the server answered ${status}.`, remedy: 'Check the address.' },
  'no-text': () => ({ problem: 'The text is too short.', remedy: 'Enter a text of a few words.' }),
  'no-prompt': () => ({
    problem: 'This model has no token that starts a story.',
    remedy: 'Enter a prompt.',
  }),
  'no-model-chosen': () => ({ problem: 'No model is chosen.', remedy: 'Choose at least one model.' }),
  'prompt-count': ({ count, limit }) =>
    count === 0
      ? { problem: 'There is no prompt.', remedy: 'Enter at least one prompt, one per line.' }
      : { problem: `${count} prompts are too many.`, remedy: `Enter up to ${limit}.` },
  'prompt-too-long': ({ number, characters, limit }) => ({
    problem: `Prompt ${number} has ${characters} characters.`,
    remedy: `Shorten it to ${limit}.`,
  }),
  'not-one-report': ({ files }) =>
    files === 0
      ? {
          problem: 'Nothing was dropped that is a file.',
          remedy: 'Drop the report.json of `tinystories grade`.',
        }
      : {
          problem: 'These files are not one report.',
          remedy: 'Open one report.json, or the gradings.json of several models.',
        },
  'model-not-opened': ({ model, problem }) => ({ problem: `${model}: ${problem}` }),
})
export type PageError = ErrorOf<typeof PageError>
