import list from '../../models/models.json' with { type: 'json' }

/** What the page knows of a model that comes with it, before it is opened. */
export interface ShippedModel {
  /** Its folder under `models/`. */
  id: string
  name: string
  parameters: number
  layers: number
  heads: number
  hiddenSize: number
  /** On held-out stories. */
  bitsPerByte: number
}

/** The models that come with the page, the smallest first. */
export const shippedModels: readonly ShippedModel[] = list
