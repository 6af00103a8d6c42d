export { type Fault, faults, withFaultyDisk } from './faulty-disk.ts'
export {
  type FaultsTried,
  type FaultyWork,
  sampleOf,
  type TryFaultsOptions,
  tryFaults,
} from './try-faults.ts'
