import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { agreeCommand } from './command-line/agree.ts'
import { checkCommand } from './command-line/check.ts'
import { compareCommand } from './command-line/compare.ts'
import { dataCommand } from './command-line/data.ts'
import { evaluateCommand } from './command-line/evaluate.ts'
import { exportCommand } from './command-line/export.ts'
import { generateCommand } from './command-line/generate.ts'
import { gradeCommand } from './command-line/grade.ts'
import { probeCommand } from './command-line/probe.ts'
import { reportCommand } from './command-line/report.ts'
import { reproduceCommand } from './command-line/reproduce.ts'
import { runsCommand } from './command-line/runs.ts'
import { serveCommand } from './command-line/serve.ts'
import type { SetExitCode } from './command-line/set-exit-code.ts'
import { sweepCommand } from './command-line/sweep.ts'
import { tokenizerCommand } from './command-line/tokenizer.ts'
import { trainCommand } from './command-line/train.ts'
import { describeError } from './errors/describe-error.ts'
import { printError, printPiece, shown } from './terminal/output.ts'

/**
 * Runs one command line.
 *
 * @param args what follows the name of the command
 * @returns the exit code: 0, 1 after an error (described in one line on stderr), 130 after an interruption
 */
export async function run(args: string[]): Promise<number> {
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
    if (process.env.TINYSTORIES_DEBUG) console.error(error)
    return 1
  }
}

/** `train`, or with its group `data prepare`. */
function commandOf([first, second]: string[]): string | undefined {
  return first === 'data' || first === 'tokenizer' ? `${first} ${second}` : first
}

/** The command with all its commands and flags. @param setExitCode receives the exit code of what was run */
export function commandLine(setExitCode: SetExitCode): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const program = new Command('tinystories')
    .description('Train, run and evaluate very small language models')
    .version(version)
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

  dataCommand(program, setExitCode)
  tokenizerCommand(program, setExitCode)
  trainCommand(program, setExitCode)
  generateCommand(program, setExitCode)
  evaluateCommand(program, setExitCode)
  exportCommand(program, setExitCode)
  serveCommand(program, setExitCode)
  gradeCommand(program, setExitCode)
  compareCommand(program, setExitCode)
  agreeCommand(program, setExitCode)
  reportCommand(program, setExitCode)
  runsCommand(program)
  checkCommand(program, setExitCode)
  probeCommand(program, setExitCode)
  sweepCommand(program, setExitCode)
  reproduceCommand(program, setExitCode)
  return program
}
