import { printable, printableJson } from './printable.ts'

// All that a command shows goes through here, but for the progress on a terminal, which has escape sequences of its own.

const secrets = new Set<string>()
for (const name of ['OPENAI_API_KEY', 'HF_TOKEN']) keepSecret(process.env[name]?.trim() ?? '')

/** From now on a key is not shown, whoever repeats it. */
export function keepSecret(secret: string): void {
  // Shorter ones would hide ordinary words.
  if (secret.length >= 8) secrets.add(secret)
}

/** Text as it may be shown: without control characters and keys. */
export function shown(text: string): string {
  let result = printable(text)
  for (const secret of secrets) result = result.replaceAll(secret, '[key]')
  return result
}

/** A line on the standard output. */
export function print(line: string): void {
  process.stdout.write(`${shown(line)}\n`)
}

/** Clears the standard output where it is a terminal, for what is shown again and again. */
export function clearScreen(): void {
  if (process.stdout.isTTY) process.stdout.write('\x1b[H\x1b[J')
}

/** A piece of text on the standard output, as it is generated. */
export function printPiece(piece: string): void {
  process.stdout.write(shown(piece))
}

/** A value as JSON on the standard output. */
export function printJson(value: unknown, indent?: number): void {
  process.stdout.write(`${shown(printableJson(value, indent))}\n`)
}

/** A line on the standard error. */
export function printError(line: string): void {
  process.stderr.write(`${shown(line)}\n`)
}
