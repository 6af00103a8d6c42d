import { type Command, InvalidArgumentError } from 'commander'
import { numberOf } from './parse-flags.ts'

/** Adds the flags that say how files of grades are read. */
export function addGradesFlags(command: Command): Command {
  return command
    .option('--field <name=field>', 'the field of a criterion in a file of grades; may be repeated', addField)
    .option(
      '--scale <low,high>',
      'lowest and highest score of a file of grades (default: of the criterion)',
      parseScale,
    )
    .option('--completions <file>', 'the completions that a file of grades is about, joined by their text')
}

function addField(text: string, fields: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('Give it as plot=plot_sense.')
  return { ...fields, [text.slice(0, at)]: text.slice(at + 1) }
}

function parseScale(text: string): readonly [number, number] {
  const [low, high, ...more] = text.split(',').map(numberOf)
  if (!(low! < high! && high! - low! <= 1000) || more.length > 0)
    throw new InvalidArgumentError('Two numbers at most 1,000 apart are wanted, such as 0,10.')
  return [low!, high!]
}
