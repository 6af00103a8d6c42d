import type { Command } from 'commander'
import type { SetExitCode } from './set-exit-code.ts'

/** The flags and help of `tinystories push`. */
export function pushCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('push')
    .description('Publish a model with its card on the Hugging Face hub, in one commit')
    .argument('<model>', 'a run or a model folder')
    .argument('<repository>', 'owner/name; made where there is none')
    .option('--revision <branch>', 'branch, made where there is none (default: main)')
    .option('--private', 'make the repository private, where it is made')
    .option('--onnx', 'add onnx/model.onnx for transformers.js')
    .option('--license <id>', "what the model card says, such as 'mit'")
    .option('--adapter <folder>', 'add this adapter (PEFT) to the model for good')
    .option('--dry-run', 'only say what would be sent; needs neither network nor token')
    .option('--json', 'the result as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tinystories push runs/mine me/my-stories --license mit --dry-run
  HF_TOKEN=hf_... tinystories push runs/mine me/my-stories --license mit

The access token is read from HF_TOKEN, goes to the hub alone, and is never shown; HF_ENDPOINT is another hub. Files that are
there already are not sent again, so that the same command goes on after an interruption.`,
    )
    .action(async (model: string, repository: string, flags) => {
      const { push } = await import('../commands/push.ts')
      setExitCode(await push(model, repository, flags))
    })
}
