import { ModelFileError } from '@tinystories/model'
import { TrainerError } from '@tinystories/trainer'
import { deserializeError, serializeError } from '@tinystories/utils/errors'
import { HubError } from '@tinystories/utils/hub'
import { expect, test } from 'vitest'
import { describeError } from './describe-error.ts'
import { PageError } from './page-error.ts'
import { remedies } from './remedies.ts'

test("says the problem and the page's remedy, also of an error from a worker", () => {
  const error = new HubError('invalid-address', { address: 'no such name!', kind: 'model' })
  const text =
    '"no such name!" does not name a model on the hub. ' +
    'Enter owner/name, owner/name@revision or the address of a model on huggingface.co.'
  expect(describeError(error)).toBe(text)
  expect(describeError(deserializeError(structuredClone(serializeError(error))))).toBe(text)
})

test('keeps the remedy of the library where the page has none of its own, and plain messages', () => {
  const error = new ModelFileError('missing-tensor', { path: 'a.safetensors', tensor: 'wte' })
  expect(describeError(error)).toBe(error.message)
  expect(describeError(new PageError('no-text', {}))).toBe(
    'The text is too short. Enter a text of a few words.',
  )
  expect(describeError(new Error('plain'))).toBe('plain')
  expect(describeError('thrown')).toBe('thrown')
})

test('every remedy belongs to a code that exists', () => {
  const classes = { HubError, ModelFileError, TrainerError }
  for (const [name, { codes }] of Object.entries(classes)) {
    const known = Object.keys(remedies[name] ?? {})
    expect(known.length).toBeGreaterThan(0)
    expect(known.filter(code => !(codes as readonly string[]).includes(code))).toEqual([])
  }
})

test('no remedy of the page speaks of options of the libraries', () => {
  const texts = Object.values(remedies).flatMap(each => Object.values(each))
  for (const text of texts.filter(each => typeof each === 'string'))
    expect(text).not.toMatch(/\boptions?\b|`\w+`(?! grade)/)
})
