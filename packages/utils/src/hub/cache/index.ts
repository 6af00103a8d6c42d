export { checkHubCache, type HubCacheCheck } from './check-hub-cache.ts'
export {
  type CachedHubOptions,
  type CachedHubRepository,
  openCachedRepository,
} from './open-cached-repository.ts'
