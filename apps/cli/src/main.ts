#!/usr/bin/env node
import { run } from './run.ts'

const code = await run(process.argv.slice(2))
// At once after an interruption: while Node winds down it no longer handles signals, and one that comes twice, as
// npm and turbo deliver them, would kill the process and hide the exit code.
if (code === 130) process.exit(code)
process.exitCode = code
