import { DatasetError } from '../errors/dataset-error.ts'

/** What `JSON.stringify` keeps as it is. Positions and states are made of this. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The fields of a state object; an error when it is anything else. */
export function fieldsOf(state: Json): { readonly [key: string]: Json } {
  if (state === null || typeof state !== 'object' || Array.isArray(state)) {
    throw new DatasetError('invalid-state', {
      problem: `a position is a JSON object, not ${JSON.stringify(state)?.slice(0, 40)}`,
    })
  }
  return state as { readonly [key: string]: Json }
}
