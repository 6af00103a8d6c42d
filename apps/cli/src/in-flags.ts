/**
 * What the packages' errors call their options, and what a person at the command line can do. A remedy that the
 * command line does not have is left out or replaced by one that it has.
 */
const replacements: readonly [term: RegExp, words: string | ((command: string | undefined) => string)][] = [
  [
    /Name the field that holds the story with the option textField/,
    command =>
      command === 'train'
        ? 'Name the one that holds the story with --text-field'
        : 'Rename the one that holds the story to "text"',
  ],
  [/with the option separator/, 'with --separator'],
  [/, then resume from the state or try again/, ', then try again'],
  [/ or read what is wrong as U\+FFFD with invalidUtf8: 'replace'/, ''],
  [/Read what is wrong as U\+FFFD with invalidUtf8: 'replace'/, 'Write the file again as UTF-8'],
  [
    /Give what it asks for with the option headers, such as \{ authorization: … \}/,
    'Download the file with a program that can log in, such as curl, and give its path',
  ],
  [
    /then give an access token of your account with the option token/,
    'then put an access token of your account into the environment variable HF_TOKEN',
  ],
  [/give the option token\b/, 'put your access token into the environment variable HF_TOKEN'],
  [/(check the token)\b/, '$1 in the environment variable HF_TOKEN'],
  [
    /(?:name another folder|Name one) with the option cacheDir/,
    'name another folder in the environment variable XDG_CACHE_HOME',
  ],
  [/Check the option endpoint/, 'Check the network'],
  [
    /Open it with openTokens\(path, \{ eos \}\), or give the tokenizer that made it .* as the option tokenizer/,
    'Give the stories themselves, or the folder that "data prepare" makes of them',
  ],
  [/Leave workers out/, 'Leave --workers out'],
  [/have them replaced \(overwrite\)/, 'replace them with --overwrite'],
  [/^ood is about instructions: give instruct/, '--ood is about instructions: give --instruct'],
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
