import type { Command, Option } from 'commander'
import { argumentTakesPath, takesPath } from '../command-line/takes-path.ts'

/** What can follow a flag: files, one of some words, something else that is typed, or nothing. */
export type Value =
  | { type: 'path' }
  | { type: 'choice'; words: readonly string[] }
  | { type: 'text' }
  | undefined

/** A flag as a shell completes it. */
export interface Flag {
  /** `--steps`. */
  name: string
  description: string
  value: Value
}

/** A command as a shell completes it. */
export interface CompletedCommand {
  /** `train`, `data prepare`; empty for the program. */
  path: string
  /** Names of commands below it, with what they do. */
  commands: { name: string; description: string }[]
  flags: Flag[]
  /** What its arguments are. */
  argument: Value
}

/** What there is to complete, as the definitions of the commands say; hidden ones are left out. */
export function completionTable(command: Command, path = ''): CompletedCommand[] {
  const help = command.createHelp()
  const below = help.visibleCommands(command).filter(each => each.name() !== 'help')
  const flags = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)]
  const [argument] = command.registeredArguments
  return [
    {
      path,
      commands: below.map(each => ({ name: each.name(), description: each.description() })),
      flags: flags.flatMap(option =>
        option.long
          ? [{ name: option.long, description: option.description, value: valueOfFlag(option) }]
          : [],
      ),
      argument: argument?.argChoices
        ? { type: 'choice', words: argument.argChoices }
        : argument && argumentTakesPath(argument)
          ? { type: 'path' }
          : undefined,
    },
    ...below.flatMap(each => completionTable(each, `${path} ${each.name()}`.trim())),
  ]
}

function valueOfFlag(option: Option): Value {
  if (option.isBoolean() || option.negate) return undefined
  if (option.argChoices) return { type: 'choice', words: option.argChoices }
  return { type: takesPath(option) ? 'path' : 'text' }
}
