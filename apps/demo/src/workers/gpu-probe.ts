import { hasWebGpu } from '../state/has-web-gpu.ts'

// Asking for an adapter wakes the browser's graphics process, which would hold up the page's own thread.
void hasWebGpu().then(found => self.postMessage(found))
