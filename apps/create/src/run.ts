import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CreateError } from './create-error.ts'
import { createPage } from './create-page.ts'

const help = `Makes a small web page in which a language model writes stories.

  npm create @tinystories [FOLDER] [-- --model MODEL]

  FOLDER          a new or empty folder; asked for where it is left out
  --model MODEL   a run of tinystories train, or a folder with config.json, model.safetensors and
                  tokenizer.json; default: a model of 480,000 parameters that comes with this package
  --version, --help
`

/**
 * Makes the page that the arguments ask for and says how to go on.
 *
 * @throws CreateError, FileError; TypeError of `parseArgs` for an argument that there is none of
 */
export async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      model: { type: 'string', default: fileURLToPath(new URL('model', import.meta.url)) },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
  })
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  if (values.help) return print(help)
  if (values.version) return print(`${version}\n`)
  if (positionals.length > 1) throw new CreateError('many-names', { names: positionals })
  const folder = positionals[0] ?? (await askName())
  if (!folder) throw new CreateError('no-name', {})
  await createPage({ folder, model: values.model, version })
  const enter = relative('.', folder) === '' ? '' : `  cd ${quoted(folder)}\n`
  print(`The page is in ${folder}. To see it:\n\n${enter}  npm install\n  npm run dev\n`)
}

/** @returns an empty text where nobody answers */
async function askName(): Promise<string> {
  if (!process.stdin.isTTY) return ''
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // A terminal that was closed gives EIO when its mode is set back; the question ends anyway.
  terminal.on('error', () => {})
  terminal.once('SIGINT', () => {
    process.stdout.write('\n')
    process.exit(130)
  })
  // Ctrl-D ends the input without an answer, and the question alone would never settle.
  const closed = new Promise<string>(resolve => terminal.once('close', () => resolve('')))
  const name = await Promise.race([
    terminal.question('Name of the folder (my-page): ').then(orDefault),
    closed,
  ])
  terminal.close()
  if (name === '') process.stdout.write('\n')
  return name
}

const orDefault = (answer: string): string => answer.trim() || 'my-page'

const quoted = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`

function print(text: string): void {
  process.stdout.write(text)
}
