// Keeps the page for use without a network, and isolates it where the host does not: only an isolated page has threads.
// The build puts a list of files in place of FILES, and their hash in place of VERSION.

const CACHE = 'tiny-stories-VERSION'
const files = FILES

addEventListener('install', event => {
  event.waitUntil(caches.open(CACHE).then(cache => cache.addAll(files)))
})

addEventListener('activate', event => {
  const removeOld = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith('tiny-stories-') && name !== CACHE) await caches.delete(name)
    }
  }
  event.waitUntil(removeOld())
})

addEventListener('fetch', event => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin || request.headers.has('range')) return
  event.respondWith(request.mode === 'navigate' ? page(request) : file(request, pathname))
})

/** The newest page there is. */
async function page(request) {
  try {
    return isolated(await fetch(request))
  } catch (error) {
    const kept = await caches.match('./')
    if (!kept) throw error
    return isolated(kept)
  }
}

/** Names of built files have their content in them: what is kept never changes. */
async function file(request, pathname) {
  const kept = await caches.match(request)
  if (kept) return isolated(kept)
  const answer = await fetch(request)
  if (answer.ok && pathname.includes('/assets/')) {
    const copy = answer.clone()
    // A full storage keeps nothing new.
    caches
      .open(CACHE)
      .then(cache => cache.put(request, copy))
      .catch(() => {})
  }
  return isolated(answer)
}

function isolated(answer) {
  if (answer.status === 0 || answer.redirected) return answer
  const headers = new Headers(answer.headers)
  headers.set('cross-origin-opener-policy', 'same-origin')
  headers.set('cross-origin-embedder-policy', 'require-corp')
  headers.set('cross-origin-resource-policy', 'same-origin')
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers })
}
