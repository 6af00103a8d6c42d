// What bundles for pages get in place of modules that import packages of Node: see `browser` in package.json.
import { PlatformError } from '@tinystories/utils/node'

throw new PlatformError('needs-node', { what: 'a package that only Node has' })
