import { join } from 'node:path'
import { type ProbeResult, runProbes } from '@tinystories/interpret/probes'
import { openModel, scoreEndings } from '@tinystories/pipeline'
import type { Json, Stage } from '../tasks/stage.ts'
import { resultSchemas } from './result-schemas.ts'
import type { StageOptions } from './stage-options.ts'

/** What {@link probeStage} leaves. */
export interface ProbeStageResult {
  probes: ProbeResult[]
}

/** Whether the model of a cell finds right endings likelier than wrong ones: grammar, facts, reasoning, context. */
export function probeStage(_: StageOptions): Stage {
  return {
    name: 'probe',
    version: 1,
    resultSchema: resultSchemas.probe!,
    after: ['train'],
    settings: () => null,
    async run({ folders, signal, onProgress }) {
      await using model = await openModel(join(folders.train!, 'run'), { signal })
      const probes = await runProbes((prompt, endings) => scoreEndings(model, prompt, endings), {
        signal,
        onProgress: ({ done, total }) => onProgress(done / total),
      })
      return { probes } as unknown as Json
    },
  }
}
