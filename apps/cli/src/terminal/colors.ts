/**
 * Whether colors go to a stream. FORCE_COLOR decides where it is set (0 and false are no), then NO_COLOR
 * (https://no-color.org), then what the terminal can do; what is no terminal gets none.
 */
export function usesColors(
  stream: Pick<NodeJS.WriteStream, 'isTTY'> & { hasColors?: NodeJS.WriteStream['hasColors'] },
  { FORCE_COLOR, NO_COLOR, TERM }: NodeJS.ProcessEnv = process.env,
): boolean {
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  if (NO_COLOR) return false
  return Boolean(stream.isTTY) && TERM !== 'dumb' && (stream.hasColors?.() ?? false)
}

/** Puts a color around a text. */
export type Paint = (text: string) => string

const paint =
  (code: number): Paint =>
  text =>
    `\x1b[${code}m${text}\x1b[0m`

export const cyan: Paint = paint(36)
export const yellow: Paint = paint(33)
export const faint: Paint = paint(2)
