// What bundles for pages get in place of modules that work on files: see `browser` in package.json.
import { PlatformError } from '@tinystories/utils/node'

throw new PlatformError('needs-node', { what: 'the file system of Node' })
