import { computed, signal } from '@preact/signals'
import { forgetModel, keepEntry, listKept } from '../models/kept-models.ts'
import { type ShippedModel, shippedModels } from '../models/shipped.ts'
import type { ModelInfo, ModelSource } from '../models/source.ts'
import { lockRun } from '../training/run-lock.ts'
import { deleteRun, type KeptRun, listRuns } from '../training/run-store.ts'
import { runName } from '../training/settings.ts'
import { newId } from './new-id.ts'

/** A model that the visitor can choose. */
export interface ModelChoice {
  /** The same after a reload for shipped, kept and trained models. */
  key: string
  label: string
  /** A second line, for example its size. */
  detail: string
  source: ModelSource
  shipped?: ShippedModel
}

const shipped: readonly ModelChoice[] = shippedModels.map(model => ({
  key: model.id,
  label: model.name,
  detail: `${millions(model.parameters)} parameters, ${model.layers} layers`,
  source: { kind: 'shipped', id: model.id },
  shipped: model,
}))

/** Those that the visitor brought, in the order in which they came. */
const own = signal<readonly ModelChoice[]>([])
const trained = signal<readonly ModelChoice[]>([])

/** One shelf for all panels: the models that ship with the page, those trained here, those that were brought. */
export const choices = computed<readonly ModelChoice[]>(() =>
  distinct([...shipped, ...trained.value, ...own.value]),
)

/** Two of one name get numbers. */
export function distinct(models: readonly ModelChoice[]): ModelChoice[] {
  const labels = new Set<string>()
  return models.map(model => {
    let { label } = model
    for (let number = 2; labels.has(label); number++) label = `${model.label} (${number})`
    labels.add(label)
    return { ...model, label }
  })
}

let shelf: Promise<void> | undefined

/** Shows what this browser keeps. Without storage there is nothing. */
export function refreshShelf(): Promise<void> {
  shelf = readShelf()
  return shelf
}

async function readShelf(): Promise<void> {
  const [kept, runs] = await Promise.all([listKept().catch(() => []), listRuns().catch(() => [])])
  const names = new Map(kept.map(({ key, label }) => [key, label]))
  trained.value = runs.map(run => trainedChoice(run, names.get(runKey(run.id))))
  const known = new Map(own.value.map(choice => [choice.key, choice]))
  for (const { key, label, detail } of kept) {
    if (detail === undefined) continue
    known.set(key, { key, label, detail, source: { kind: 'kept', name: label, key } })
  }
  own.value = [...known.values()]
}

const runKey = (id: string): string => `run-${id}`

function trainedChoice(run: KeptRun, name: string | undefined): ModelChoice {
  const label = name ?? runName(run.settings)
  return {
    key: runKey(run.id),
    label,
    detail: `trained here, step ${run.step.toLocaleString('en')}`,
    source: { kind: 'run', name: label, id: run.id },
  }
}

/** Adds a visitor's model; it is kept once it has opened. */
export function addChoice(choice: Pick<ModelChoice, 'label' | 'detail' | 'source'>): string {
  const key = keyOf(choice.source)
  if (own.peek().some(each => each.key === key)) return key
  // A name of its own from the start: after a reload the second of two is still the second.
  const named = distinct([...choices.peek(), { ...choice, key }]).at(-1)!
  own.value = [...own.peek(), named]
  return key
}

/** A model of the hub has the key that its address gives, so that a link to it works anywhere. */
function keyOf(source: ModelSource): string {
  if (source.kind === 'hub') return `hf:${source.name}`
  // Keys are in the order in which models were brought.
  return `own-${Date.now().toString(36)}-${newId()}`
}

/** The choice of a key; for one that does not ship with the page, what this browser keeps is read before. */
export async function choiceOf(key: string): Promise<ModelChoice | undefined> {
  if (key !== '' && !shipped.some(choice => choice.key === key)) await (shelf ?? refreshShelf())
  return findChoice(key)
}

/** The choice of a key, which may be one of the hub that is new to this browser, or a model while it learned. */
export function findChoice(key: string): ModelChoice | undefined {
  const learning = /^learning:(\d+)$/.exec(key)
  if (learning) {
    const label = `step ${learning[1]}`
    return { key, label, detail: '', source: { kind: 'learning', name: label, step: Number(learning[1]) } }
  }
  const found = choices.peek().find(choice => choice.key === key)
  if (found || !key.startsWith('hf:')) return found
  const name = key.slice('hf:'.length)
  addChoice({ label: name, detail: 'from the hub', source: { kind: 'hub', name } })
  return choices.peek().find(choice => choice.key === key)
}

/** Keys of open models that do not say which tokenizer they were trained with. */
export const uncertainTokenizers = signal<ReadonlySet<string>>(new Set())

/** Remembers a model that has opened. */
export function opened(key: string, { isKept, tokenizerIsKnown }: ModelInfo): void {
  if (!tokenizerIsKnown) uncertainTokenizers.value = new Set([...uncertainTokenizers.peek(), key])
  const choice = own.peek().find(each => each.key === key)
  if (!isKept || !choice || choice.source.kind === 'kept') return
  const { label, detail } = choice
  own.value = own
    .peek()
    .map(each => (each === choice ? { ...each, source: { kind: 'kept', name: label, key } } : each))
  keepEntry({ key, label, detail }).catch(() => {})
}

/** Whether opening a model should keep its files. */
export const isNew = ({ source }: ModelChoice): boolean => source.kind === 'files' || source.kind === 'hub'

/** Takes a model off the shelf that did not open. */
export function removeChoice(key: string): void {
  own.value = own.peek().filter(choice => choice.key !== key)
}

/** Gives a visitor's model another name. */
export async function renameChoice(choice: ModelChoice, label: string): Promise<void> {
  const rename = (all: readonly ModelChoice[]): ModelChoice[] =>
    all.map(each => (each.key === choice.key ? { ...each, label } : each))
  own.value = rename(own.peek())
  trained.value = rename(trained.peek())
  const { key, detail, source } = choice
  await keepEntry({ key, label, ...(source.kind !== 'run' && { detail }) }).catch(() => {})
}

/**
 * Deletes a visitor's model from this browser; of one that was trained here, the run.
 *
 * @throws PageError `run-in-use`
 */
export async function deleteChoice({ key, source }: ModelChoice): Promise<void> {
  if (source.kind === 'run') {
    const unlock = await lockRun(source.id)
    await deleteRun(source.id).finally(unlock)
    trained.value = trained.peek().filter(each => each.key !== key)
  }
  removeChoice(key)
  await forgetModel(key).catch(() => {})
}

export function millions(count: number): string {
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} M` : `${Math.round(count / 1e3)} k`
}
