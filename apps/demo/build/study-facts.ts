/** A share of probe items, with its 95 % interval. */
export interface Share {
  accuracy: number
  low: number
  high: number
}

/** What the page shows of a study of `studies/`. */
export interface StudyFacts {
  name: string
  /** Trained models, those of one shape one after another. */
  models: {
    hidden: number
    layers: number
    heads: number
    seed: number
    parameters: number
    tokens: number
    bitsPerByte: number
    probes: Record<string, Share>
  }[]
  findings: { statement: string; verdict: string; evidence: string }[]
  /** How many cells there are, and how many have results. */
  cells: number
  done: number
}

interface ReportJson {
  name: string
  rows: {
    cell: { hidden: number; layers: number; heads: number; seed: number; instruct?: boolean }
    training?: { parameters: number; tokens: number; bitsPerByte: number } | null
    probes?: Record<string, { accuracy: number; interval: [number, number] }> | null
  }[]
  findings?: { statement: string; verdict: string; evidence: string }[]
}

/** From the `report.json` of `tinystories sweep report`; models that follow instructions are left out. */
export function studyFacts(report: unknown): StudyFacts {
  const { name, rows, findings = [] } = report as ReportJson
  const trained = rows.filter(({ training }) => training)
  const models = trained
    .filter(({ cell }) => !cell.instruct)
    .map(({ cell: { hidden, layers, heads, seed }, training, probes }) => ({
      ...{ hidden, layers, heads, seed },
      parameters: training!.parameters,
      tokens: training!.tokens,
      bitsPerByte: training!.bitsPerByte,
      probes: Object.fromEntries(
        Object.entries(probes ?? {}).map(
          ([
            kind,
            {
              accuracy,
              interval: [low, high],
            },
          ]) => [kind, { accuracy, low, high }],
        ),
      ),
    }))
    .sort((a, b) => a.hidden - b.hidden || a.layers - b.layers || a.heads - b.heads || a.seed - b.seed)
  return {
    name,
    models,
    findings: findings.map(({ statement, verdict, evidence }) => ({ statement, verdict, evidence })),
    cells: rows.length,
    done: trained.length,
  }
}
