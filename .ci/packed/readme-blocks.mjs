// Which READMEs are run, and which of their blocks are not: each with the reason, which is printed and counted.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { published, root } from './pack.mjs'

export const readmes = [
  'README.md',
  ...published.map(({ folder }) => `${folder}/README.md`),
  'apps/demo/README.md',
].filter(path => existsSync(join(root, path)))

const repository = 'runs in a checkout of the repository'

export const skipped = {
  'README.md#1': `${repository}: .ci/run does its install, and training takes four minutes`,
  'README.md#2': `${repository}: these are the steps install and tests of .ci/run`,
  'README.md#3': `${repository}, and serves until it is stopped`,
  'README.md#4': 'trains for hours, from the network',
  'README.md#5': 'needs hours, and a server with a judge',
  'packages/compiler/README.md#7': 'for Vite alone: its addresses of files',
  'packages/compiler/README.md#8':
    'needs a graphics card to be worth it; its last choice, cpu, is what the others run on',
  'packages/dataset/README.md#7': 'asks a server for ten stories, whose replies the stand-in does not write',
  'packages/sweep/README.md#3': 'needs a Slurm cluster',
  'packages/tokenizer/README.md#3': 'downloads from the hub',
  'packages/utils/README.md#5': 'downloads from the hub',
  'apps/cli/README.md#1': 'needs hours, a judge and stories; the tests of apps/cli run each command',
  'apps/cli/README.md#3':
    'needs a model that is being served; the tests of the pipeline ask it with the same client',
  'apps/create/README.md#1': 'the release rehearsal runs it, and opens the page',
  'apps/create/README.md#2': 'the model of #1 is another one; the tests of apps/create run it',
  'apps/demo/README.md#1': `${repository}, and serves until it is stopped`,
  'apps/demo/README.md#2': `${repository}, and trains for hours`,
  'apps/demo/README.md#3': `${repository}, and trains for minutes`,
}
