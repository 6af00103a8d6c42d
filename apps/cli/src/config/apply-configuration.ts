import { dirname, resolve } from 'node:path'
import { isNamedSource } from '@tinystories/pipeline'
import { InvalidArgumentError, type Option } from 'commander'
import { takesPath } from '../command-line/takes-path.ts'
import { UserError } from '../errors/user-error.ts'
import type { ConfiguredCommand } from './configured-command.ts'
import { nearestName } from './nearest-name.ts'

type Section = Readonly<Record<string, unknown>>

/**
 * Gives all commands what the configuration says for them: a section for each command, in it a value for each flag, by the
 * flag's name in camel case. The flags' own parsers read the values. Relative paths start from the folder of the file.
 *
 * @throws UserError for what no command has, or what a flag does not take
 */
export function applyConfiguration(program: ConfiguredCommand, settings: unknown, file: string): void {
  program.configuration = file
  applyTo(program, sectionOf(settings, file, ''), { file, path: '' })
}

interface Place {
  file: string
  /** Of the section in the file, such as `data.prepare`; empty for the whole. */
  path: string
}

function applyTo(group: ConfiguredCommand, section: Section, place: Place): void {
  const commands = new Map(
    (group.createHelp().visibleCommands(group) as ConfiguredCommand[])
      .filter(command => command.name() !== 'help')
      .map(command => [command.name(), command]),
  )
  for (const [name, value] of Object.entries(section)) {
    const command = commands.get(name)
    if (command === undefined) throw unknown(place, name, [...commands.keys()], 'is no command')
    const inner = { ...place, path: joined(place.path, name) }
    const settings = sectionOf(value, place.file, inner.path)
    if (command.commands.length > 0) applyTo(command, settings, inner)
    else command.configure(valuesOf(command, settings, inner))
  }
}

function valuesOf(command: ConfiguredCommand, section: Section, place: Place): Section {
  const options = command.options.filter(({ hidden }) => !hidden)
  const names = options.map(option => option.attributeName())
  return Object.fromEntries(
    Object.entries(section).map(([name, value]) => {
      const named = options.filter(option => option.attributeName() === name)
      if (named.length === 0)
        throw unknown(place, name, names, `is no flag of ${place.path.replace('.', ' ')}`)
      return [name, parsedValue(named, value, { ...place, path: joined(place.path, name) })]
    }),
  )
}

/** @param options the flag and, where there is one, its `--no-` */
function parsedValue(options: readonly Option[], value: unknown, { file, path }: Place): unknown {
  const refuse = (wanted: string): never => {
    throw new UserError(`${file}: ${path}: ${wanted}`)
  }
  const option = options.find(({ negate }) => !negate)
  const isSwitch = option === undefined || option.isBoolean()
  if (value === false && (isSwitch || options.length > 1)) return false
  if (value === true && (isSwitch || option.optional)) return true
  if (isSwitch) return refuse('true or false is wanted.')
  const texts = textsOf(value)
  if (texts === undefined || texts.length === 0) return refuse('a text or a number is wanted.')
  const from = dirname(file)
  const inPlace = takesPath(option)
    ? texts.map(text => (text === '-' || isNamedSource(text) ? text : resolve(from, text)))
    : texts
  const { parseArg } = option
  if (option.variadic && !parseArg) return inPlace
  // <list>, <names>, <in,out>: one text with commas.
  const isList = /[<[](?:list|names|rules|\w+,\w+)[>\]]$/.test(option.flags)
  const given = isList ? [inPlace.join(',')] : inPlace
  if (!parseArg) return typeof value === 'object' && !isList ? refuse('one value is wanted.') : given[0]
  try {
    const parsed = given.reduce<unknown>((before, text) => parseArg(text, before), undefined)
    if (!Array.isArray(value) || isList || option.variadic) return parsed
    // A parser that does not collect would take the last of a list in silence.
    const last = parseArg(given.at(-1)!, undefined)
    const collects =
      typeof last === 'object' && (given.length === 1 || JSON.stringify(last) !== JSON.stringify(parsed))
    return collects ? parsed : refuse('one value is wanted.')
  } catch (error) {
    if (error instanceof InvalidArgumentError) return refuse(error.message)
    throw error
  }
}

/** What would be typed for a value: repeated for lists, `name=value` for objects. */
function textsOf(value: unknown): string[] | undefined {
  const isText = (each: unknown): each is string | number =>
    typeof each === 'string' || typeof each === 'number'
  if (isText(value)) return [String(value)]
  if (Array.isArray(value)) return value.every(isText) ? value.map(String) : undefined
  if (typeof value !== 'object' || value === null) return undefined
  const pairs = Object.entries(value)
  return pairs.every(([, each]) => isText(each)) ? pairs.map(([name, each]) => `${name}=${each}`) : undefined
}

function sectionOf(value: unknown, file: string, path: string): Section {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UserError(
      `${file}: ${path === '' ? 'a section for each command' : `${path}: values for its flags`} in braces is wanted.`,
    )
  return value as Section
}

function unknown({ file, path }: Place, name: string, names: readonly string[], what: string): UserError {
  const nearest = nearestName(name, names)
  const remedy =
    nearest === undefined ? `There are: ${[...new Set(names)].join(', ')}.` : `Did you mean ${nearest}?`
  return new UserError(`${file}: ${joined(path, name)} ${what}. ${remedy}`)
}

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)
