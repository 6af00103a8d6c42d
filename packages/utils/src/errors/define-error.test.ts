import { expect, expectTypeOf, test } from 'vitest'
import { defineError, type ErrorClass, type ErrorOf } from './define-error.ts'

interface Details {
  'too-small': { size: number; smallest: number }
  unreadable: { path: string }
}

const texts = {
  'too-small': ({ size, smallest }: Details['too-small']) => ({
    problem: `A size of ${size} is too small.`,
    remedy: `Set size to at least ${smallest}.`,
  }),
  unreadable: ({ path }: Details['unreadable']) => ({ problem: `${path} cannot be read.` }),
}
const SizeError: ErrorClass<'SizeError', Details> = defineError('SizeError', texts)
const OtherError: ErrorClass<'OtherError', Details> = defineError('OtherError', texts)

test('generates the message from code and details', () => {
  const cause = new Error('beneath')
  const error = new SizeError('too-small', { size: 3, smallest: 10 }, { cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toBeInstanceOf(SizeError)
  expect(error.name).toBe('SizeError')
  expect(error.code).toBe('too-small')
  expect(error.details).toEqual({ size: 3, smallest: 10 })
  expect(error.problem).toBe('A size of 3 is too small.')
  expect(error.remedy).toBe('Set size to at least 10.')
  expect(error.message).toBe('A size of 3 is too small. Set size to at least 10.')
  expect(error.cause).toBe(cause)
  expect(new SizeError('unreadable', { path: 'a.txt' }).message).toBe('a.txt cannot be read.')
  expect(SizeError.codes).toEqual(['too-small', 'unreadable'])
})

test('recognizes its own instances alone, also those of another copy', () => {
  const copy: ErrorClass<'SizeError', Details> = defineError('SizeError', texts)
  const error = new SizeError('unreadable', { path: 'a.txt' })
  expect(SizeError.isInstance(error)).toBe(true)
  expect(copy.isInstance(error)).toBe(true)
  expect(OtherError.isInstance(error)).toBe(false)
  for (const foreign of [
    new Error('SizeError'),
    { name: 'SizeError', code: 'unreadable' },
    null,
    'SizeError',
  ])
    expect(SizeError.isInstance(foreign)).toBe(false)
})

test('narrows the details by the code', () => {
  expectTypeOf<ErrorOf<typeof SizeError>['code']>().toEqualTypeOf<keyof Details>()
  const error: unknown = new SizeError('too-small', { size: 3, smallest: 10 })
  if (!SizeError.isInstance(error)) throw new Error('not recognized')
  if (error.code === 'too-small') expectTypeOf(error.details).toEqualTypeOf<Details['too-small']>()
  else expectTypeOf(error.details).toEqualTypeOf<Details['unreadable']>()
})
