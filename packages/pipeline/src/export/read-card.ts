import { basename, dirname, join } from 'node:path'
import { buildReport, type ModelSummary } from '@tinystories/grader'
import { FileError } from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'
import { loadGradings } from '../grade/grading-folder.ts'
import { fingerprints } from '../run/fingerprints.ts'
import { readEvaluation } from '../run/read-evaluation.ts'
import { readMetrics } from '../run/read-metrics.ts'
import { readSettings } from '../run/read-settings.ts'
import { runFolder } from '../run/run-folder.ts'
import type { LoadedModel } from './load-model.ts'
import { type CardOptions, type CardRun, modelCard } from './model-card.ts'

/**
 * The model card (`README.md`) of a model, made from its run where it lies in one.
 *
 * @throws InputError, GraderError for files of the run that are damaged
 */
export async function readCard(
  { arrays: { config, startId }, tokenizer, location }: LoadedModel,
  options: CardOptions & { format: string },
): Promise<string> {
  const inRun = basename(location) === 'model'
  const folder = inRun ? dirname(location) : location
  const start = startId ?? tokenizer.endOfTextId
  return modelCard({
    ...options,
    name: options.name ?? basename(folder).replace(/\.bin$/, ''),
    config,
    startToken: start === undefined ? undefined : tokenizer.idToToken(start),
    run: inRun ? await readRun(folder) : undefined,
    // A checkpoint of llama2.c is no folder.
    grades: location.endsWith('.bin') ? undefined : await readGrades(folder),
  })
}

/** What a card says of a run; undefined where the folder has none. */
async function readRun(folder: string): Promise<CardRun | undefined> {
  const files = runFolder(folder)
  const settings = await readSettings(files).catch((error: unknown) => {
    if (PipelineError.isInstance(error)) return undefined
    throw error
  })
  if (settings === undefined) return undefined
  // The stories may have gone since.
  const identity = await orMissing(fingerprints(files, settings))
  const metrics = await orMissing(readMetrics(files.metrics))
  return {
    settings,
    fingerprint: identity?.data,
    lines: metrics?.lines ?? [],
    evaluation: await readEvaluation(join(folder, 'model', 'evaluation.json')),
  }
}

async function readGrades(folder: string): Promise<ModelSummary | undefined> {
  try {
    return buildReport([(await loadGradings(folder)).run]).models[0]
  } catch (error) {
    if (PipelineError.isInstance(error)) return undefined
    throw error
  }
}

async function orMissing<T>(made: Promise<T>): Promise<T | undefined> {
  try {
    return await made
  } catch (error) {
    if (FileError.isInstance(error)) return undefined
    throw error
  }
}
