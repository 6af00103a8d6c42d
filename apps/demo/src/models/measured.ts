/** What a model can do: `scripts/measure.ts` finds it. */
export interface Measured {
  /** Shares of the probes' items that it passes, by kind, with 95 % intervals and what knowing nothing would give. */
  probes: Readonly<Record<string, { accuracy: number; low: number; high: number; chance: number }>>
}
