import { type Redact, redactor } from '@tinystories/utils/http'
import { printable, printableJson } from './printable.ts'

// All that a command shows goes through here, but for the progress on a terminal, which has escape sequences of its own.

const secrets = new Set<string>()
let redact: Redact | undefined
let isJson = false

/** Before a command: forgets what an earlier one in this process has set, and reads the keys of the environment. */
export function resetOutput(): void {
  isJson = false
  secrets.clear()
  redact = undefined
  for (const name of ['OPENAI_API_KEY', 'HF_TOKEN']) keepSecret(process.env[name]?.trim() ?? '')
}

/** From now on a key is not shown, no matter who repeats it. */
export function keepSecret(secret: string): void {
  // Shorter ones would hide ordinary words.
  if (secret.length < 8 || secrets.has(secret)) return
  secrets.add(secret)
  redact = undefined
}

/** Text as it may be shown: without control characters, and without keys in whatever form. */
export function shown(text: string): string {
  redact ??= redactor(secrets)
  return redact(printable(text))
}

/** From now on the standard output is for JSON alone; what people read goes to the standard error. */
export function resultsAreJson(): void {
  isJson = true
}

/** Where progress and results for people go: the standard output, unless {@link resultsAreJson}. */
export function output(): NodeJS.WriteStream {
  return isJson ? process.stderr : process.stdout
}

/** A line for people. */
export function print(line: string): void {
  output().write(`${shown(line)}\n`)
}

/** Clears the standard output where it is a terminal, for what is shown again and again. */
export function clearScreen(): void {
  if (process.stdout.isTTY) process.stdout.write('\x1b[H\x1b[J')
}

/** A piece of text, as it is generated. @param stream where it goes; default: with what is for people */
export function printPiece(piece: string, stream: NodeJS.WriteStream = output()): void {
  stream.write(shown(piece))
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences of terminals begin with one
const ownColors = /(\x1b\[(?:0|2|33|36)m)/

/** A piece of text for people that may have the colors of colors.ts, and no other sequences. */
export function printPainted(text: string): void {
  const parts = text.split(ownColors)
  output().write(parts.map((part, i) => (i % 2 === 1 ? part : shown(part))).join(''))
}

/** A value as JSON on the standard output. */
export function printJson(value: unknown, indent?: number): void {
  process.stdout.write(`${shown(printableJson(value, indent))}\n`)
}

/** A line on the standard error. */
export function printError(line: string): void {
  process.stderr.write(`${shown(line)}\n`)
}
