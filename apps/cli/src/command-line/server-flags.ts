import { Option } from 'commander'
import { UserError } from '../errors/user-error.ts'
import { decimal } from './parse-flags.ts'

type Pairs = Record<string, string>

/** The flag `--header`: older Azure deployments and proxies want some. */
export const headerFlag = (): Option =>
  new Option('--header <name=value>', 'a further header for the server, as often as needed').argParser(
    pairs('header'),
  )

/** The flag `--query`, such as `api-version` of older Azure deployments. */
export const queryFlag = (): Option =>
  new Option('--query <name=value>', 'a further parameter of its address, as often as needed').argParser(
    pairs('query'),
  )

/** The flag `--timeout`. */
export const timeoutFlag = (): Option =>
  new Option('--timeout <seconds>', 'of one attempt of a call (default: 120)').argParser(
    decimal(0, 86_400, { above: true }),
  )

/** Collects `name=value`. Commander's own error would repeat the text, which may hold a key. */
function pairs(flag: string): (text: string, before?: Pairs) => Pairs {
  return (text, before = {}) => {
    const [, name, value] = /^([\w-]+)=(.+)$/s.exec(text) ?? []
    if (name === undefined || value === undefined) throw new UserError(`--${flag}: write it as name=value.`)
    return { ...before, [name]: value }
  }
}
