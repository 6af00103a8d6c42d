export {
  type CachedHubOptions,
  type CachedHubRepository,
  openCachedRepository,
} from './open-cached-repository.ts'
