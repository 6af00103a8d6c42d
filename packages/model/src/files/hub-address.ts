import { ModelFileError } from '../errors.ts'

/** A model on the hub. */
export interface HubModel {
  /** `owner/name`, or a name alone as old models have it. */
  repository: string
  /** Branch, tag or commit; undefined when the address does not say. */
  revision: string | undefined
}

const part = /^[\w-][\w.-]*$/

/** Whether this is an address of the hub and cannot be meant as a path. */
export function isHubAddress(text: string): boolean {
  return text.startsWith('hf://')
}

/**
 * Understands `hf://owner/name`, `hf://owner/name@revision` and the same without `hf://`.
 *
 * @throws ModelFileError when it is no such name
 */
export function parseHubModel(text: string): HubModel {
  const [repository = '', ...rest] = text.replace(/^hf:\/\//, '').split('@')
  const revision = rest.length > 0 ? rest.join('@') : undefined
  const names = repository.split('/')
  const good =
    names.length <= 2 &&
    names.every(name => part.test(name)) &&
    (revision === undefined || isRevision(revision))
  if (!good) {
    throw new ModelFileError(
      `${JSON.stringify(text)} is no model of the hub. Write hf://owner/name or hf://owner/name@revision.`,
    )
  }
  return { repository, revision }
}

/** Whether a text can name a branch, tag or commit. */
export function isRevision(text: string): boolean {
  return text.split('/').every(name => part.test(name))
}
