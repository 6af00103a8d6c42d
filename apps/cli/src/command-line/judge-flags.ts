import { Option } from 'commander'
import { UserError } from '../errors/user-error.ts'
import type { NamedJudge } from '../grade/judge.ts'

/** The flag `--judge`: a model at `--server`, or `NAME@URL` at another server. */
export const judgeFlag = (): Option =>
  new Option(
    '--judge <name>',
    'the same, or NAME@URL at another server; repeated, several judge. "offline" estimates without a judge',
  ).argParser((text, judges: NamedJudge[] = []) => [...judges, parseJudge(text)])

/** The flag `--judge-key`: which variable of the environment holds the key of a server. */
export const judgeKeyFlag = (): Option =>
  new Option(
    '--judge-key <host=variable>',
    'with --judge NAME@URL: the environment variable with the key of that host, as often as needed',
  ).argParser(addKeyVariable)

function parseJudge(text: string): NamedJudge {
  // Names have an @ of their own at some providers.
  const [, model = text, server] = /^(.+?)@(https?:\/\/.+)$/i.exec(text) ?? []
  if (server === undefined) return { model }
  const url = URL.canParse(server) ? new URL(server) : undefined
  // Commander's own error would repeat the text, which may hold a password or key.
  if (url === undefined || url.username !== '' || url.password !== '')
    throw new UserError(
      '--judge: the address after @ must be one such as https://api.mistral.ai/v1, without user and password.',
    )
  return { model, server }
}

function addKeyVariable(text: string, variables: Record<string, string> = {}): Record<string, string> {
  const [, host, variable] = /^([^=\s]+)=([A-Za-z_]\w*)$/.exec(text) ?? []
  // Somebody may have given the key itself.
  if (host === undefined || variable === undefined)
    throw new UserError(
      '--judge-key: write it as host=variable, such as api.mistral.ai=MISTRAL_API_KEY. The key itself stays in the variable.',
    )
  return { ...variables, [host.toLowerCase()]: variable }
}
