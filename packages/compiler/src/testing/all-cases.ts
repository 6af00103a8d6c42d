import { elementwiseCases } from './elementwise-cases.ts'
import { furtherCases } from './further-cases.ts'
import type { KernelCase } from './kernel-case.ts'
import { spatialCases } from './spatial-cases.ts'
import { structuralCases } from './structural-cases.ts'

/** At least one case for each kernel that is translated. */
export function allCases(): KernelCase[] {
  return [...elementwiseCases(), ...structuralCases(), ...spatialCases(), ...furtherCases()]
}

/** On WebGPU, which is emulated where there is none and slow then, each case of this number is tried. */
export const WEBGPU_EVERY = 7
