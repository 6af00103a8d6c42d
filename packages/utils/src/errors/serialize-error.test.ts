import { expect, test } from 'vitest'
import { defineError, deserializeError, type ErrorClass, serializeError } from './index.ts'

interface Details {
  'too-small': { size: number }
}
const SizeError: ErrorClass<'SizeError', Details> = defineError('SizeError', {
  'too-small': ({ size }) => ({ problem: `${size} is too small.`, remedy: 'Take more.' }),
})

const sent = (error: unknown): Error => deserializeError(structuredClone(serializeError(error)))

test('keeps class, code, details, stack and causes across a structured clone', () => {
  const cause = Object.assign(new TypeError('low'), { errno: -2, code: 'ENOENT' })
  const error = new SizeError('too-small', { size: 3 }, { cause })
  const received = sent(error)
  expect(SizeError.isInstance(received)).toBe(true)
  expect(received).toMatchObject({
    name: 'SizeError',
    code: 'too-small',
    details: { size: 3 },
    message: '3 is too small. Take more.',
    problem: '3 is too small.',
    remedy: 'Take more.',
    stack: error.stack,
    cause: { name: 'TypeError', message: 'low', errno: -2, code: 'ENOENT' },
  })
  expect(SizeError.isInstance(received.cause)).toBe(false)
})

test('takes whatever was thrown, and leaves out what cannot be cloned', () => {
  expect(sent('text')).toMatchObject({ name: 'Error', message: 'text' })
  expect(sent(undefined).message).toBe('thrown: undefined')
  expect(sent(new DOMException('stopped', 'AbortError')).name).toBe('AbortError')
  const odd = Object.assign(new Error('odd'), { run: () => 1, kept: [1] })
  expect(sent(odd)).toMatchObject({ kept: [1] })
  expect('run' in sent(odd)).toBe(false)
  const endless: Error = new Error('a')
  endless.cause = endless
  expect(sent(endless).message).toBe('a')
  // A name alone makes no coded error.
  expect(SizeError.isInstance(sent(Object.assign(new Error('x'), { name: 'SizeError' })))).toBe(false)
})
