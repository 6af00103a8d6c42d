import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { commandLine } from '../run.ts'
import { completionTable } from './completion-table.ts'
import { bashScript, fishScript, zshScript } from './shell-scripts.ts'

const table = completionTable(commandLine(() => {}))
const folder = mkdtempSync(join(tmpdir(), 'tinystories-completion-'))
writeFileSync(join(folder, 'complete.bash'), bashScript(table))
writeFileSync(join(folder, 'my stories.txt'), '')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What bash offers for each line, with the cursor at its end: its own function is called as readline calls it. */
function offered(lines: readonly string[][]): string[][] {
  const calls = lines.map(
    words =>
      `COMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _tinystories; printf '%s\\n' "\${COMPREPLY[@]}"; echo ---`,
  )
  const script = ['source ./complete.bash', ...calls].join('\n')
  const text = execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' })
  return text
    .split('---\n')
    .slice(0, -1)
    .map(each => each.split('\n').filter(line => line !== ''))
}

test('bash completes commands, flags, their values and files', () => {
  const lines = [
    ['tinystories', 'ge'],
    ['tinystories', 'data', 'in'],
    ['tinystories', 'train', '--learning'],
    ['tinystories', 'train', '--steps', '5', '--opti'],
    ['tinystories', 'export', '--format', 'gg'],
    ['tinystories', 'export', '--format', '=', 'gg'],
    ['tinystories', 'tokenizer', 'train', '--style', ''],
    ['tinystories', 'train', '--steps', ''],
    ['tinystories', 'train', '--data', 'my'],
    ['tinystories', 'data', 'inspect', 'my'],
    ['tinystories', 'completion', 'z'],
    ['tinystories', 'sweep', 'fed'],
    ['tinystories', 'generate', '--no-c'],
  ]
  expect(offered(lines)).toEqual([
    ['generate'],
    ['inspect', 'instruct'],
    ['--learning-rate'],
    ['--optimizer'],
    ['gguf'],
    ['gguf'],
    ['gpt2', 'story', 'bert'],
    [],
    ['my stories.txt'],
    ['my stories.txt'],
    ['zsh'],
    [],
    ['--no-config'],
  ])
})

test('fish gets a line for each command and flag, quoted; zsh the function of bash', () => {
  const lines = fishScript(table).split('\n')
  expect(lines).toContain(
    `complete -c tinystories -n '__fish_seen_subcommand_from prepare; and __fish_seen_subcommand_from data' -l out -r -F -d 'where to write; NAME.parquet: the stories themselves, cleaned, as a table'`,
  )
  expect(lines.filter(line => line.includes('fed-worker'))).toEqual([])
  const onSpike = lines.find(line => line.includes('-l on-spike'))
  expect(onSpike).toMatch(/ -x -a 'warn /)
  // Shells agree on quotes: bash reads each description as the one word that it is.
  const described = execFileSync('bash', ['-c', `complete() { echo "\${@: -1}"; }; ${lines.join('\n')}`], {
    encoding: 'utf8',
  })
  const descriptions = table.flatMap(({ commands, flags, argument }) => [
    ...commands.map(({ description }) => description),
    ...(argument?.type === 'choice' ? [argument.words.join(' ')] : []),
    ...flags.map(({ description }) => description),
  ])
  expect(described.trimEnd().split('\n')).toEqual(descriptions)
  expect(descriptions.some(text => text.includes("'"))).toBe(true)
  expect(zshScript(table)).toBe(`autoload -U +X bashcompinit && bashcompinit\n${bashScript(table)}`)
})
