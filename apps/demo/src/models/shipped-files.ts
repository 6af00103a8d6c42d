import sizes from 'virtual:model-sizes'
import tokenizer from '../../models/tokenizer.json?url'
import { PageError } from '../errors/page-error.ts'
import type { ShippedFile } from './download.ts'

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
const whole = (url: string, path: string): ShippedFile => ({
  url: new URL(url, import.meta.url).href,
  bytes: sizes[path] ?? 0,
})

/** The tokenizer that all shipped models have. */
export const shippedTokenizer: ShippedFile = whole(tokenizer, 'tokenizer.json')

/** Where the files of a shipped model are, without its tokenizer. */
export function shippedFiles(id: string): { weights: ShippedFile; config: ShippedFile } {
  const [weight, config] = [weights, configs].map(all =>
    Object.entries(all).find(([path]) => path.split('/').at(-2) === id),
  )
  if (!weight || !config) throw new PageError('no-model', { files: [id] })
  return {
    weights: whole(weight[1], `${id}/model.safetensors`),
    config: whole(config[1], `${id}/config.json`),
  }
}
