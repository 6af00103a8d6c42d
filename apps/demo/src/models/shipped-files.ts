import tokenizer from '../../models/tokenizer.json?url'
import { PageError } from '../errors/page-error.ts'

// The bundler names these files by their content, so that a browser never mixes two versions of a model.
const weights = import.meta.glob<string>('../../models/*/model.safetensors', {
  query: '?url',
  import: 'default',
  eager: true,
})
const configs = import.meta.glob<string>('../../models/*/config.json', {
  query: '?url',
  import: 'default',
  eager: true,
})

/** Addresses are relative to this file, but fetched from a worker. */
const whole = (url: string): string => new URL(url, import.meta.url).href

/** Where the files of a shipped model are; all have the same tokenizer. */
export function shippedFiles(id: string): { weights: string; config: string; tokenizer: string } {
  const [weight, config] = [weights, configs].map(all =>
    Object.entries(all).find(([path]) => path.split('/').at(-2) === id),
  )
  if (!weight || !config) throw new PageError('no-model', { files: [id] })
  return { weights: whole(weight[1]), config: whole(config[1]), tokenizer: whole(tokenizer) }
}
