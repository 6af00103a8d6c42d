import { InvalidArgumentError, Option } from 'commander'
import { decimal } from './parse-flags.ts'

/** The flag `--header`: older Azure deployments and proxies want some. */
export const headerFlag = (): Option =>
  new Option('--header <name=value>', 'a further header for the server, as often as needed').argParser(
    addPair,
  )

/** The flag `--query`, such as `api-version` of older Azure deployments. */
export const queryFlag = (): Option =>
  new Option('--query <name=value>', 'a further parameter of its address, as often as needed').argParser(
    addPair,
  )

/** The flag `--timeout`. */
export const timeoutFlag = (): Option =>
  new Option('--timeout <seconds>', 'of one attempt of a call (default: 120)').argParser(
    decimal(0, 86_400, { above: true }),
  )

/** Collects `name=value`. The value is not repeated in an error: it may be a key. */
function addPair(text: string, pairs: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([\w-]+)=(.+)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('write it as name=value.')
  return { ...pairs, [name]: value }
}
