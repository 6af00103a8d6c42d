import { expect, it } from 'vitest'
import { messageOf } from './message-of.ts'

it('is the message of an error, and anything else as text', () => {
  expect(messageOf(new TypeError('no such thing'))).toBe('no such thing')
  expect(messageOf('thrown')).toBe('thrown')
  expect(messageOf(undefined)).toBe('undefined')
})
