import { Argument, type Command } from 'commander'
import type { SetExitCode } from './set-exit-code.ts'

/** The help of `tinystories completion`. */
export function completionCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('completion')
    .description('Print what makes a shell complete commands, flags and their values')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  source <(tinystories completion bash)      # in ~/.bashrc
  source <(tinystories completion zsh)       # in ~/.zshrc, after compinit
  tinystories completion fish | source       # in ~/.config/fish/config.fish`,
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completion } = await import('../commands/completion.ts')
      setExitCode(completion(program, shell))
    })
}
