export {
  defaultEndpoint,
  type HubAddress,
  type HubAddressOptions,
  isHubAddress,
  parseHubAddress,
} from './hub-address.ts'
export { HubError, type HubErrorDetails, type HubKind, type HubPlace } from './hub-error.ts'
export type { HubOptions, HubProgress } from './hub-options.ts'
export type { HubFile } from './list-files.ts'
export { type HubReadOptions, type HubRepository, openHubRepository } from './open-hub-repository.ts'
