import { isDeepStrictEqual } from 'node:util'
import { openTokenShards } from '@tinystories/dataset'
import {
  type InstructSettings,
  type InstructTemplate,
  instructTemplates,
} from '@tinystories/dataset/instruct'
import { PipelineError } from '../errors.ts'
import { defaultRecipe } from '../recipe/recipe.ts'
import { loadInstructTemplate } from './load-instruct-template.ts'
import { findShards } from './shard-folders.ts'

/** What can be asked for of instructions. */
export interface InstructChoice {
  /** Name of a template, or its path; true: that of the model which a run starts from, else `tinystories`. Default: no instructions. */
  instruct?: string | true | undefined
  /** With `instruct`: never asks for words and a summary together. Default false. */
  ood?: boolean | undefined
  /** With `instruct`: decides what each story is asked for. Default 42. */
  seed?: number | undefined
}

/**
 * How stories are to get instructions; null: they get none.
 *
 * @param own the template of the model that a run starts from
 * @throws PipelineError `needs-instruct`; those of {@link loadInstructTemplate}
 */
export async function chosenInstructions(
  { instruct, ood, seed }: InstructChoice,
  own?: InstructTemplate,
): Promise<InstructSettings | null> {
  if (instruct === undefined) {
    if (ood !== undefined) throw new PipelineError('needs-instruct', { option: 'ood' })
    return null
  }
  const template =
    instruct === true ? (own ?? instructTemplates.tinystories) : await loadInstructTemplate(instruct)
  return { template, ood: ood ?? false, seed: seed ?? defaultRecipe.seed, rareWords: true }
}

/**
 * How the stories of token shards got the instructions that stand before them; null: they have none; undefined: the source
 * is no token shards.
 */
export async function shardInstructions(source: string): Promise<InstructSettings | null | undefined> {
  const shards = await findShards(source)
  return shards && ((await openTokenShards(shards.train).index()).instruct ?? null)
}

/** Whether both give the same instructions to the same stories. */
export function sameInstructions(one: InstructSettings | null, other: InstructSettings | null): boolean {
  return isDeepStrictEqual(one, other)
}
