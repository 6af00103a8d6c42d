export type { ProbeItem, ProbeKind } from './probe-item.ts'
export {
  type ProbeResult,
  probeItems,
  type RunProbesOptions,
  runProbes,
  type ScoreEndings,
  summarizeProbes,
} from './run-probes.ts'
export { wilsonInterval } from './wilson-interval.ts'
