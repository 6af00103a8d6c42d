import type { Encoding } from '../encoding/encoding.ts'
import type { Pipeline, PipelineOptions } from '../encoding/pipeline.ts'
import type { Allocate } from '../memory/arena.ts'
import { unitsToString } from '../text/units.ts'

/** Encodes the text that lies in `units[from, to)`, which worker threads are given in place of strings. */
export function encodeUnits(
  pipeline: Pipeline,
  units: Uint16Array,
  from: number,
  to: number,
  options: PipelineOptions,
  allocate: Allocate,
): Encoding {
  const { offsets = false } = options
  const { encoder } = pipeline
  // What needs a string is rare: added tokens in the text, offsets in bytes.
  if (offsets === 'bytes' || pipeline.added.mayOccurIn(units.subarray(from, to))) {
    return pipeline.encode(unitsToString(units, from, to), options, allocate)
  }
  encoder.reset(offsets !== false)
  encoder.begin(from)
  encoder.scan(units, from, to)
  return pipeline.finish([encoder.length], options, allocate)
}
