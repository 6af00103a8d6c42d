import type { ErrorText } from '@tinystories/utils/errors'

/** The command that failed, such as `train` or `data prepare`. */
export type CommandName = string | undefined

/** What the command line says instead of a library: other sentences, or none of its own. */
export type Words<Details> = (
  details: Details,
  command: CommandName,
) => {
  [Part in keyof ErrorText]?: ErrorText[Part] | undefined
}

/** For each code of an error class what the command line says. */
export type Wording<Details> = { readonly [Code in keyof Details]: Words<Details[Code]> }

/** The library's own sentences hold on the command line too. */
export const own = (): Partial<ErrorText> => ({})
