/// <reference lib="dom" />
// WebAssembly is among the types of pages.
import { fstatSync } from 'node:fs'

/** Milliseconds between two looks. */
const INTERVAL = 250

/** Sizes and places of preview 1 of WASI: a subscription, an event, and what is in them. */
const [SUBSCRIPTION, EVENT] = [48, 32]
const [CLOCK, FD_WRITE] = [0, 2]
const MONOTONIC = 1
/** Nanoseconds that a look at a full pipe takes at most. */
const PATIENCE = 1_000_000n

/**
 * Calls back when nobody reads an output any more, without writing to it: a command that has nothing to say for minutes
 * would go on until its next line. Node reports it only after a write; poll(2) reports it without one, and Node's WASI is the
 * way to it. Where that is not to be had (a file, Windows, a Node without it) nothing happens: the next line finds out.
 *
 * @returns ends the watch
 */
export function watchReader(descriptor: 1 | 2, onGone: () => void): () => void {
  let look: (() => boolean | undefined) | undefined
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => clearInterval(timer)
  if (!isPipe(descriptor)) return stop
  timer = setInterval(() => {
    look ??= readerProbe(descriptor)
    const isRead = look?.()
    if (isRead === true) return
    stop()
    if (isRead === false) onGone()
  }, INTERVAL).unref()
  return stop
}

function isPipe(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor)
    return stats.isFIFO() || stats.isSocket()
  } catch {
    return false
  }
}

/** @returns says whether somebody reads; undefined where that cannot be known */
function readerProbe(descriptor: number): (() => boolean | undefined) | undefined {
  const wasi = loadWasi()
  if (wasi === undefined) return undefined
  const memory = new WebAssembly.Memory({ initial: 1 })
  const view = new DataView(memory.buffer)
  const [events, count] = [2 * SUBSCRIPTION, 2 * SUBSCRIPTION + 2 * EVENT]
  view.setUint8(8, FD_WRITE)
  view.setUint32(16, descriptor, true)
  view.setUint8(SUBSCRIPTION + 8, CLOCK)
  view.setUint32(SUBSCRIPTION + 16, MONOTONIC, true)
  view.setBigUint64(SUBSCRIPTION + 24, PATIENCE, true)
  try {
    wasi.initialize({ exports: { memory } })
  } catch {
    return undefined
  }
  const poll = wasi.wasiImport.poll_oneoff as (...args: number[]) => number
  return () => {
    if (poll(0, events, 2, count) !== 0) return undefined
    const happened = Array.from({ length: view.getUint32(count, true) }, (_, i) => events + i * EVENT)
    // A pipe without a reader is an error, a socket without one has hung up.
    return !happened.some(
      at =>
        view.getUint8(at + 10) === FD_WRITE &&
        (view.getUint16(at + 8, true) !== 0 || view.getUint16(at + 24, true) !== 0),
    )
  }
}

function loadWasi(): InstanceType<typeof import('node:wasi').WASI> | undefined {
  // It warns that it may change, which no user of ours can do anything about.
  const warn = process.emitWarning
  process.emitWarning = () => {}
  try {
    const { WASI } = process.getBuiltinModule('node:wasi')
    return new WASI({ version: 'preview1' })
  } catch {
    return undefined
  } finally {
    process.emitWarning = warn
  }
}
