import { grade, storyPrompts } from '@tinystories/grader'
import { corpusOverlap } from '@tinystories/grader/measures'
import { bootstrapInterval, krippendorffAlpha, weightedKappa } from '@tinystories/grader/statistics'
import { createChatClient } from '@tinystories/llm'
import { startChatServer } from '@tinystories/llm/testing'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine, median } from '../harness.ts'
import { type PythonPeer, startPythonPeer } from '../python-peer.ts'

export const name = 'grader'
export const description =
  '1,000 gradings against a limited server; agreement, bootstrap and overlap, against Python'

/** Requests that the server answers in a second, and at a time. */
const [rate, atOnce] = [200, 24]
const repeats = { kappa: 20, alpha: 20, bootstrap: 5, overlap: 1 } as const

/** The peers need Python with scikit-learn, krippendorff, numpy and rouge-score, which PYTHON names. */
export async function run(): Promise<BenchmarkResult> {
  const shares: Record<'given' | 'learned', number[]> = { given: [], learned: [] }
  // Ten seconds of waiting for a server each: fewer rounds than of computing.
  for (let round = 0; round < 3; round++) {
    shares.given.push(await requestsPerSecond(true))
    shares.learned.push(await requestsPerSecond(false))
  }
  const input = inputOf()
  const peer = await startPythonPeer({
    script: 'grader-peer.py',
    input: JSON.stringify(input),
    env: {},
    install: 'pip install scikit-learn krippendorff numpy rouge-score',
  })
  try {
    const values = input.a.map((value, i) => ({ value, cluster: String(input.clusters[i]) }))
    const timed = (repeat: number, work: () => unknown) => async () => {
      const begin = performance.now()
      for (let i = 0; i < repeat; i++) await work()
      return (performance.now() - begin) / repeat
    }
    const theirs = (which: PythonPeer | undefined, what: keyof typeof repeats) => async () =>
      which === undefined
        ? Number.NaN
        : ((await which.run(`${what} ${repeats[what]}`)) * 1000) / repeats[what]
    const times = await inTurns({
      kappa: timed(repeats.kappa, () => weightedKappa(input.a, input.b, { weights: 'quadratic' })),
      alpha: timed(repeats.alpha, () => krippendorffAlpha([input.a, input.b], 'interval')),
      bootstrap: timed(repeats.bootstrap, () => bootstrapInterval(values, { draws: input.draws })),
      overlap: timed(repeats.overlap, () => corpusOverlap(input.texts, input.stories)),
      peerKappa: theirs(peer, 'kappa'),
      peerAlpha: theirs(peer, 'alpha'),
      peerBootstrap: theirs(peer, 'bootstrap'),
      peerOverlap: theirs(peer, 'overlap'),
    })
    const versions = peer?.name.split(/ (?=[a-z])/) ?? []
    const library = (start: string): string => versions.find(each => each.startsWith(start)) ?? start
    return {
      name,
      machine: machine(),
      rows: [
        limitRow('1,000 gradings, limit given', median(shares.given)),
        limitRow('1,000 gradings, limit learned', median(shares.learned)),
        row('weighted kappa, 5,000 items', times.kappa, library('scikit-learn'), times.peerKappa),
        row("Krippendorff's alpha, 5,000 items", times.alpha, library('krippendorff'), times.peerAlpha),
        row(
          'cluster bootstrap, 5,000 scores, 2,000 draws',
          times.bootstrap,
          library('numpy'),
          times.peerBootstrap,
        ),
        row('nearest of 300 stories for 20 texts', times.overlap, library('rouge-score'), times.peerOverlap),
      ],
    }
  } finally {
    peer?.stop()
  }
}

/** Grades 1,000 completions; gives the requests that the server answered in a second. */
async function requestsPerSecond(isLimitGiven: boolean): Promise<number> {
  const server = await startChatServer({
    respond: ({ messages }) =>
      messages.length === 2
        ? 'The sentence that was begun is finished.'
        : 'Grammar: 8/10, Creativity: 6/10, Consistency: 7/10, Plot: 6/10, Age group: C',
    latency: [20, 60],
    requestsPerSecond: rate,
    burst: 5,
    maxConcurrent: atOnce,
    retryAfter: 'milliseconds',
    faults: { serverError: 0.02, halfReply: 0.01, malformed: 0.01, reset: 0.01 },
  })
  try {
    const judge = createChatClient({
      model: 'judge',
      baseURL: server.baseURL,
      apiKey: 'none',
      retryDelay: 20,
      ...(isLimitGiven ? { requestsPerMinute: rate * 60, maxConcurrency: atOnce } : {}),
    })
    const generate = ({ seed }: { seed: number }): string => ` they found ${seed} apples.`
    const source = { prompts: storyPrompts.slice(0, 50), generate }
    const begin = performance.now()
    const { gradings } = await grade(source, { judge, trials: 20, concurrency: 64 })
    const seconds = (performance.now() - begin) / 1000
    if (gradings.length !== 1000 || gradings.some(({ status }) => status !== 'graded'))
      throw new Error('not every completion was graded')
    if ([...server.deliveries.values()].some(count => count !== 1))
      throw new Error('an exchange was paid twice')
    const { delivered, faults } = server.counts()
    return (delivered + faults) / seconds
  } finally {
    await server.close()
  }
}

function limitRow(what: string, ours: number): BenchmarkRow {
  return {
    case: what,
    metric: 'requests/s',
    ours: Number(ours.toFixed(1)),
    peer: "the server's limit",
    peerValue: rate,
    ratio: Number((ours / rate).toFixed(3)),
  }
}

function row(what: string, ours: number, peer: string, value: number): BenchmarkRow {
  const there = !Number.isNaN(value)
  return {
    case: what,
    metric: 'ms',
    ours: Number(ours.toPrecision(3)),
    peer,
    peerValue: there ? Number(value.toPrecision(3)) : null,
    ratio: there ? Number((value / ours).toFixed(2)) : null,
  }
}

/** Two raters who differ a little, and texts of words that come again. */
function inputOf(): {
  a: number[]
  b: number[]
  clusters: number[]
  draws: number
  texts: string[]
  stories: string[]
} {
  let state = 1
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const a = Array.from({ length: 5000 }, () => below(11))
  const b = a.map(score => Math.max(0, Math.min(10, score + below(5) - 2)))
  const words = Array.from({ length: 800 }, () =>
    String.fromCharCode(...Array.from({ length: 4 }, () => 97 + below(26))),
  )
  const text = (): string =>
    Array.from({ length: 150 }, () => words[Math.min(below(800), below(800))]!).join(' ')
  return {
    a,
    b,
    clusters: a.map((_, i) => i % 50),
    draws: 2000,
    texts: Array.from({ length: 20 }, text),
    stories: Array.from({ length: 300 }, text),
  }
}
