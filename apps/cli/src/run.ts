import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { agreeCommand } from './command-line/agree.ts'
import { checkCommand } from './command-line/check.ts'
import { compareCommand } from './command-line/compare.ts'
import { completionCommand } from './command-line/completion.ts'
import { dataCommand } from './command-line/data.ts'
import { evaluateCommand } from './command-line/evaluate.ts'
import { exportCommand } from './command-line/export.ts'
import { generateCommand } from './command-line/generate.ts'
import { gradeCommand } from './command-line/grade.ts'
import { probeCommand } from './command-line/probe.ts'
import { pushCommand } from './command-line/push.ts'
import { reportCommand } from './command-line/report.ts'
import { reproduceCommand } from './command-line/reproduce.ts'
import { runsCommand } from './command-line/runs.ts'
import { scoreCommand } from './command-line/score.ts'
import { serveCommand } from './command-line/serve.ts'
import type { SetExitCode } from './command-line/set-exit-code.ts'
import { sweepCommand } from './command-line/sweep.ts'
import { tokenizerCommand } from './command-line/tokenizer.ts'
import { trainCommand } from './command-line/train.ts'
import { writeCommand } from './command-line/write.ts'
import { ConfiguredCommand } from './config/configured-command.ts'
import { describeError } from './errors/describe-error.ts'
import { forDisplay, fromTyped, typedFolder } from './paths.ts'
import { printError, printPiece, resetOutput, resultsAreJson, shown } from './terminal/output.ts'

/**
 * Runs one command line.
 *
 * @param args what follows the name of the command
 * @returns the exit code: 0, 1 after an error (described in one line on stderr), 130 after an interruption
 */
export async function run(args: string[]): Promise<number> {
  resetOutput()
  let exitCode = 0
  const program = commandLine(code => {
    exitCode = code
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has said what is wrong already; help and version come this way too, with code 0.
    if (error instanceof CommanderError) return error.exitCode
    printError(describeError(error, commandOf(args)))
    if (process.env.TINYSTORIES_DEBUG) printError(inspect(error))
    return 1
  }
}

/** `train`, or with its group `data prepare`. */
function commandOf([first, second]: string[]): string | undefined {
  return first === 'data' || first === 'tokenizer' ? `${first} ${second}` : first
}

/** The command with all its commands and flags. @param setExitCode receives the exit code of what was run */
export function commandLine(setExitCode: SetExitCode): ConfiguredCommand {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const program = new ConfiguredCommand('tinystories')
    .description('Train, run and evaluate very small language models')
    .version(version)
    .option(
      '--config <file>',
      'settings of the commands (default: tinystories.config.json, .ts or .mjs here or in a folder above)',
    )
    .option('--no-config', 'look for no such file')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: text => printPiece(text),
      writeErr: text => process.stderr.write(shown(text)),
      outputError: (text, write) =>
        write(
          text.startsWith('error:')
            ? `${text.trimEnd().replaceAll('\n', ' ')} (--help shows the flags and examples)\n`
            : text,
        ),
    })
    .addHelpText(
      'after',
      `
Examples:
  tinystories train                                  train on the bundled corpus
  tinystories train --data stories.txt --minutes 10  train on your own stories
  tinystories generate --prompt "Once upon a time"   write with the newest model`,
    )

  program.hook('preSubcommand', () => configure(program))
  program.hook('preAction', (_, command) => {
    if (command.opts().json) resultsAreJson()
    const names = (command as ConfiguredCommand).configuredNames()
    if (names.length > 0)
      printError(`Configuration: ${forDisplay(program.configuration!)} (${names.join(', ')})`)
  })

  dataCommand(program, setExitCode)
  tokenizerCommand(program, setExitCode)
  trainCommand(program, setExitCode)
  generateCommand(program, setExitCode)
  writeCommand(program, setExitCode)
  evaluateCommand(program, setExitCode)
  exportCommand(program, setExitCode)
  pushCommand(program, setExitCode)
  serveCommand(program, setExitCode)
  gradeCommand(program, setExitCode)
  compareCommand(program, setExitCode)
  agreeCommand(program, setExitCode)
  reportCommand(program, setExitCode)
  runsCommand(program, setExitCode)
  checkCommand(program, setExitCode)
  probeCommand(program, setExitCode)
  scoreCommand(program, setExitCode)
  sweepCommand(program, setExitCode)
  reproduceCommand(program, setExitCode)
  completionCommand(program, setExitCode)
  return program
}

/** Gives the commands what the configuration file says, where there is one. */
async function configure(program: ConfiguredCommand): Promise<void> {
  const { config } = program.opts<{ config?: string | boolean }>()
  // Help is there whatever the file says.
  if (config === false || program.args.some(each => each === '--help' || each === '-h')) return
  const { findConfiguration, loadConfiguration } = await import('./config/load-configuration.ts')
  const file = typeof config === 'string' ? fromTyped(config) : findConfiguration(typedFolder())
  if (file === undefined) return
  const { applyConfiguration } = await import('./config/apply-configuration.ts')
  applyConfiguration(program, await loadConfiguration(file), file)
}
