import { Command } from 'commander'
import { expect, test } from 'vitest'
import { chatClientOptions } from './chat-client.ts'
import { headerFlag, queryFlag } from './command-line/server-flags.ts'
import { UserError } from './errors/user-error.ts'
import { shown } from './terminal/output.ts'

/** The flags as the command line parses them. */
function parse(...args: string[]): { header?: Record<string, string>; query?: Record<string, string> } {
  const command = new Command().addOption(headerFlag()).addOption(queryFlag())
  return command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parse(args, { from: 'user' })
    .opts()
}
const local = { model: 'm', server: 'http://localhost:1234/v1', concurrency: 2 }

test('headers and parameters come from the flags, and what may be a key is never shown', async () => {
  const headers = ['--header', 'api-key=planted-header-key', '--header', 'x-team=words']
  const flags = parse(...headers, '--query', 'api-version=2024-10-21')
  expect(await chatClientOptions({ ...local, ...flags }, 'replies')).toMatchObject({
    headers: { 'api-key': 'planted-header-key', 'x-team': 'words' },
    query: { 'api-version': '2024-10-21' },
  })
  expect(shown('the key is planted-header-key')).toBe('the key is [key]')
  const usual = await chatClientOptions({ ...local, ...parse() }, 'replies')
  for (const name of ['headers', 'query']) expect(usual).not.toHaveProperty(name)
})

test.each([
  ['--header', 'no pair'],
  ['--query', 'a='],
])('%s %s is refused', (flag, value) => {
  // Nothing of the value, which may be a key.
  expect(() => parse(flag, value)).toThrow(new UserError(`${flag}: write it as name=value.`))
})
