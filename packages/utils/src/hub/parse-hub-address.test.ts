import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type HubAddressOptions, HubError, parseHubAddress } from './index.ts'

/** `kind repository revision path`, or the code of the error. */
function parsed(text: string, options?: HubAddressOptions): string {
  try {
    const { kind, repository, revision, path } = parseHubAddress(text, options)
    return [kind, repository, revision ?? '-', path ?? '-'].join(' ')
  } catch (error) {
    if (HubError.isInstance(error)) return error.code
    throw error
  }
}

test.each([
  ['roneneldan/TinyStories-33M', 'model roneneldan/TinyStories-33M - -'],
  ['bert-base-uncased', 'model bert-base-uncased - -'],
  ['bert-base-uncased@v1.0', 'model bert-base-uncased v1.0 -'],
  ['  owner/name ', 'model owner/name - -'],
  ['owner/name@refs/pr/1', 'model owner/name refs/pr/1 -'],
  ['owner/name@refs/pr/1/config.json', 'model owner/name refs/pr/1 config.json'],
  ['owner/name@refs%2Fpr%2F1/a/b.txt', 'model owner/name refs/pr/1 a/b.txt'],
  ['owner/name@dev%2Fnew/a.txt', 'model owner/name dev/new a.txt'],
  ['owner/name@dev/a.txt', 'model owner/name dev a.txt'],
  ['owner/name/a/b@2x.png', 'invalid-address'],
  ['hf://owner/name', 'model owner/name - -'],
  ['hf://owner/name/data/train.txt', 'model owner/name - data/train.txt'],
  ['hf://models/owner/name', 'model owner/name - -'],
  ['hf://datasets/owner/name@main/train.txt', 'dataset owner/name main train.txt'],
  ['hf://datasets/name', 'model datasets/name - -'],
  ['https://huggingface.co/roneneldan/TinyStories-33M', 'model roneneldan/TinyStories-33M - -'],
  ['https://huggingface.co/owner/name/', 'model owner/name - -'],
  ['https://hf.co/owner/name?library=transformers#use', 'model owner/name - -'],
  ['https://huggingface.co/bert-base-uncased', 'model bert-base-uncased - -'],
  ['https://huggingface.co/bert-base-uncased/tree/main', 'model bert-base-uncased main -'],
  ['https://huggingface.co/owner/name/tree/refs%2Fpr%2F1', 'model owner/name refs/pr/1 -'],
  ['https://huggingface.co/owner/name/tree/refs/pr/1/sub', 'model owner/name refs/pr/1 sub'],
  ['https://huggingface.co/owner/name/blob/main/a%20b/c.txt', 'model owner/name main a b/c.txt'],
  [
    'https://huggingface.co/datasets/owner/name/resolve/main/a.txt?download=true',
    'dataset owner/name main a.txt',
  ],
  ['https://huggingface.co/datasets/owner/name/viewer', 'invalid-address'],
  ['https://huggingface.co/owner/name/discussions/1', 'invalid-address'],
  ['huggingface.co/owner/name', 'model owner/name - -'],
  ['hf.co/owner/name/tree/main/sub', 'model owner/name main sub'],
  ['huggingface.co', 'model huggingface.co - -'],
  ['https://huggingface.co/', 'invalid-address'],
  ['https://example.com/owner/name', 'invalid-address'],
  ['https://huggingface.co.example.com/owner/name', 'invalid-address'],
  ['', 'invalid-address'],
  ['hf://', 'invalid-address'],
  ['/owner/name', 'invalid-address'],
  ['./owner/name', 'invalid-address'],
  ['../owner', 'invalid-address'],
  ['owner/..', 'invalid-address'],
  ['owner/name/../../x', 'invalid-address'],
  ['owner/name/a\\b', 'invalid-address'],
  ['owner/name@', 'invalid-address'],
  ['owner/name@%zz', 'invalid-address'],
  ['owner/name@..', 'invalid-address'],
  ['owner/na me', 'invalid-address'],
])('%s', (text, expected) => {
  expect(parsed(text)).toBe(expected)
})

test('a data set may be what is meant by default, and a mirror has web addresses too', () => {
  expect(parsed('hf://owner/name/train.txt', { kind: 'dataset' })).toBe('dataset owner/name - train.txt')
  expect(parsed('hf://models/owner/name', { kind: 'dataset' })).toBe('model owner/name - -')
  const endpoint = 'http://127.0.0.1:8000'
  expect(parsed('http://127.0.0.1:8000/owner/name', { endpoint })).toBe('model owner/name - -')
})

test('any text gives an address within the hub or its error', () => {
  const pieces = fc.constantFrom(
    'hf://',
    'https://huggingface.co/',
    'datasets/',
    'a',
    '/',
    '@',
    '..',
    '%2F',
    '\\',
    '\0',
    'refs/pr/1',
    'tree/',
    ':',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map(each => each.join('')),
      ),
      text => {
        const result = parsed(text)
        if (result === 'invalid-address') return
        const { repository, path, revision } = parseHubAddress(text)
        for (const part of [
          ...repository.split('/'),
          ...(path ?? 'a').split('/'),
          ...(revision ?? 'a').split('/'),
        ]) {
          expect(['', '.', '..']).not.toContain(part)
          expect(part).not.toMatch(/[\\\0]/)
        }
      },
    ),
  )
})
