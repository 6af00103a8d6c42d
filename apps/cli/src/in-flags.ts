/**
 * What the packages' errors call their options, and what a person at the command line can do. A remedy that the
 * command line does not have is left out or replaced by one that it has.
 */
const replacements: readonly [term: RegExp, words: string | ((command: string | undefined) => string)][] = [
  [/Leave workers out/, 'Leave --workers out'],
  [
    /Give its prices for a million tokens of input and output/,
    'Give its prices for a million tokens, such as --prices 0.15,0.6',
  ],
  [
    /Raise the budget or lower maxTokens/,
    command => (command === 'data' ? 'Raise --budget or lower --max-tokens' : 'Raise --budget'),
  ],
]

/** An error's message with the words of the command line. `command` is the first word after `tinystories`. */
export function inFlags(message: string, command: string | undefined): string {
  return replacements.reduce(
    (text, [term, words]) => text.replace(term, typeof words === 'string' ? words : words(command)),
    message,
  )
}
