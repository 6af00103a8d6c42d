/**
 * Bytes as readers of a Blob see them. The bytes of a real one come through another thread, which takes ten times as long
 * as reading them.
 */
export function blobOf(bytes: Uint8Array): Blob {
  const blob = {
    size: bytes.length,
    slice: (start: number, end: number) => ({
      arrayBuffer: async () => bytes.slice(start, end).buffer,
    }),
  }
  return blob as unknown as Blob
}

const json = new Headers({ 'content-type': 'application/json' })

/** What `fetch` gives, as `request` of utils sees it, for the same reason. */
export function replyOf(bytes: Uint8Array, status = 200): Response {
  let isRead = bytes.length === 0
  const reader = {
    async read() {
      if (isRead) return { done: true, value: undefined }
      isRead = true
      return { done: false, value: bytes }
    },
    async cancel() {},
  }
  const reply = {
    ...{ status, ok: status >= 200 && status < 300, type: 'basic', url: '', headers: json },
    body: { getReader: () => reader, cancel: async () => {} },
  }
  return reply as unknown as Response
}
