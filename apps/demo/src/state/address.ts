import { type Signal, signal } from '@preact/signals'
import { keptField } from './kept-field.ts'

/** What the part of an address behind `#` says: a panel, and what is in its fields. */
export interface Address {
  panel: string
  values: Readonly<Record<string, string>>
}

/** Chapters of the paper by the name that a link to them has. */
export const chapters = ['data', 'learning', 'size', 'depth', 'instructions', 'inside', 'grading'] as const
export type Chapter = (typeof chapters)[number]

/** The panels of the workshop. */
export const panels = ['write', 'train', 'inside', 'grade', 'compare'] as const

/** An address that names nothing is that of the paper's beginning. */
export function parseAddress(hash: string): Address {
  const text = hash.replace(/^#/, '')
  const cut = text.indexOf('?')
  const name = cut < 0 ? text : text.slice(0, cut)
  const values = cut < 0 ? {} : Object.fromEntries(new URLSearchParams(text.slice(cut + 1)))
  if ((panels as readonly string[]).includes(name)) return { panel: name, values }
  const chapter = name.replace(/^paper-?/, '')
  return { panel: 'paper', values: (chapters as readonly string[]).includes(chapter) ? { chapter } : {} }
}

/** @returns with its `#`; empty values are left out */
export function formatAddress({ panel, values }: Address): string {
  if (panel === 'paper') return `#paper${values.chapter ? `-${values.chapter}` : ''}`
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '')).toString()
  return `#${panel}${query && `?${query}`}`
}

/** Continuations that a visitor chose, each a position in the story and the token there. */
export type Branches = readonly (readonly [position: number, id: number])[]

/** @returns undefined for what is no list of continuations */
export function parseBranches(text: string): Branches | undefined {
  if (!/^\d+:\d+(,\d+:\d+)*$/.test(text)) return undefined
  return text.split(',').map(pair => pair.split(':').map(Number) as [number, number])
}

export function formatBranches(branches: Branches): string {
  return branches.map(pair => pair.join(':')).join(',')
}

/** A number of an address within bounds; `otherwise` where there is none. */
export function numberOf(
  text: string | undefined,
  [low, high]: readonly [number, number],
  otherwise: number,
): number {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
  return value >= low && value <= high ? value : otherwise
}

/** What is shown. */
export const panel: Signal<string> = signal('paper')

/** The address that the visitor came with, by a link or by the browser's buttons. */
export const arrival: Signal<Address> = signal({ panel: 'paper', values: {} })

/** What each panel would have in the address; a reload of the tab keeps it. */
const kept = keptField<readonly string[]>('addresses', [])
const recorded = new Map<string, Address['values']>(
  kept
    .peek()
    .map(parseAddress)
    .map(({ panel, values }) => [panel, values]),
)

function remember(address: Address): void {
  recorded.set(address.panel, parseAddress(formatAddress(address)).values)
  kept.value = [...recorded].map(([panel, values]) => formatAddress({ panel, values }))
}

/** What a panel had in its address when it was left; undefined for one that was not shown in this tab. */
export function leftAt(name: string): Address['values'] | undefined {
  return recorded.get(name)
}

/** Starts to follow the address: links of the page are plain links to `#write` and the like. Call it once. */
export function followAddress(): void {
  const arrive = (): void => {
    const address = parseAddress(location.hash)
    const before = recorded.get(address.panel)
    const isBare = address.panel !== 'paper' && Object.keys(address.values).length === 0
    if (isBare && before !== undefined) {
      // A link to a panel leads to it as it was left.
      record(address.panel, before, address.panel)
    } else {
      remember(address)
      if (address.panel === 'paper' || JSON.stringify(address.values) !== JSON.stringify(before))
        arrival.value = address
    }
    if (address.panel !== panel.peek() && address.panel !== 'paper') scrollTo({ top: 0 })
    panel.value = address.panel
  }
  arrive()
  addEventListener('popstate', arrive)
}

/** Shows a panel, with fields that are given or as it was left; the browser's Back leads here again. */
export function visit(name: string, values?: Address['values']): void {
  const next = { panel: name, values: values ?? recorded.get(name) ?? {} }
  remember(next)
  if (formatAddress(next) !== location.hash) history.pushState(null, '', formatAddress(next))
  panel.value = name
  if (values) arrival.value = next
}

/** Puts what a panel shows now into the address, in place of what it showed before. */
export function record(name: string, values: Address['values'], shown: string = panel.peek()): void {
  remember({ panel: name, values })
  if (shown === name) history.replaceState(null, '', formatAddress({ panel: name, values }))
}
