#!/usr/bin/env node
import { describeError } from './errors/describe-error.ts'
import { run } from './run.ts'
import { endWithReader, interrupted, interruptedCode } from './terminal/interrupts.ts'
import { printError } from './terminal/output.ts'

endWithReader(error => printError(describeError(error)))
const code = await run(process.argv.slice(2))
// At once after an interruption: while Node winds down it no longer handles signals, and one that comes twice, as
// npm and turbo deliver them, would kill the process and hide the exit code.
if (code === interrupted) process.exit(interruptedCode())
process.exitCode = code
