import type { Command } from 'commander'
import { completionTable } from '../completion/completion-table.ts'
import { bashScript, fishScript, zshScript } from '../completion/shell-scripts.ts'
import { printPiece } from '../terminal/output.ts'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript }

/** Prints the completion of a shell. @returns the exit code */
export function completion(program: Command, shell: 'bash' | 'zsh' | 'fish'): number {
  printPiece(scripts[shell](completionTable(program)))
  return 0
}
