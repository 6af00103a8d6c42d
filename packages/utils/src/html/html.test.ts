import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeHtml, html, trustedHtml } from './index.ts'

test('escapes every value, inserts markup and lists of it', () => {
  const cells = ['<b>', 3, undefined].map(value => html`<td>${value}</td>`)
  expect(String(html`<tr class="${'a" onclick="x'}">${cells}${trustedHtml('<td>!</td>')}</tr>`)).toBe(
    '<tr class="a&quot; onclick=&quot;x"><td>&lt;b&gt;</td><td>3</td><td></td><td>!</td></tr>',
  )
  // A value that is no number, whatever its type says.
  expect(String(html`<td>${'<img src=x>' as unknown as number}</td>`)).toBe('<td>&lt;img src=x&gt;</td>')
  expect(String(html`${{ toString: () => '<img>' } as unknown as number}`)).toBe('&lt;img&gt;')
})

test('no text can leave its place', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      expect(escapeHtml(text)).not.toMatch(/[<>"']/)
    }),
  )
})
