import { signal } from '@preact/signals'
import { describeError } from '../errors/describe-error.ts'
import { PageError } from '../errors/page-error.ts'
import type { ShippedModel } from '../models/shipped.ts'
import type { ModelSource } from '../models/source.ts'

/** A model that the visitor can choose. */
export interface ModelChoice {
  key: string
  label: string
  /** A second line, for example its size. */
  detail: string
  source: ModelSource
  shipped?: ShippedModel
}

/** The models to choose from: those that ship with the page, then the visitor's own. */
export const choices = signal<ModelChoice[]>([])

/** Why the list of shipped models did not load. */
export const choicesProblem = signal<string | undefined>(undefined)

export async function loadShipped(): Promise<void> {
  try {
    const answer = await fetch(new URL('models/models.json', document.baseURI))
    if (!answer.ok)
      throw new PageError('not-loaded', { url: answer.url, status: answer.status, reason: answer.statusText })
    const shipped = (await answer.json()) as ShippedModel[]
    choices.value = [
      ...shipped.map(model => ({
        key: `shipped:${model.id}`,
        label: model.name,
        detail: `${millions(model.parameters)} parameters, ${model.layers} layers`,
        source: { kind: 'shipped' as const, id: model.id },
        shipped: model,
      })),
      ...choices.value,
    ]
  } catch (error) {
    choicesProblem.value = `The models of this page did not load. ${describeError(error)} You can still drop your own.`
  }
}

let added = 0

/** Adds a visitor's model; one of the same name gets a number. */
export function addChoice(choice: Omit<ModelChoice, 'key'>): string {
  const key = `own:${added++}`
  const labels = new Set(choices.value.map(({ label }) => label))
  let label = choice.label
  for (let number = 2; labels.has(label); number++) label = `${choice.label} (${number})`
  choices.value = [...choices.value, { ...choice, label, key }]
  return key
}

/** Removes a model that did not open. */
export function removeChoice(key: string): void {
  choices.value = choices.value.filter(choice => choice.key !== key || choice.source.kind === 'shipped')
}

export function millions(count: number): string {
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} M` : `${Math.round(count / 1e3)} k`
}
