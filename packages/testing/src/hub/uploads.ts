import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type HubServer, largeFile, type ServedRepository } from './hub-server.ts'

/** Uploads with more bytes come in parts of so many. */
const partSize = 4000

interface CommitLine {
  key: 'header' | 'file' | 'lfsFile'
  value: { path: string; content: string; oid: string; summary: string; parentCommit?: string }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

function send(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** Answers what makes repositories, branches and commits. */
export async function answerUpload(
  hub: HubServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request)
  const path = decodeURIComponent(new URL(request.url!, hub.endpoint).pathname)
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const owners = token === undefined ? undefined : hub.writers[token]
  if (owners === undefined) {
    send(response, 401, { error: 'Invalid username or password.' })
    return
  }
  if (path === '/api/repos/create') {
    const { name, organization, visibility } = JSON.parse(body.toString())
    const full = `${organization}/${name}`
    if (!owners.includes(organization))
      send(response, 403, { error: `You can't create a model under ${organization}` })
    else if (Object.hasOwn(hub.repositories, full))
      send(response, 409, { error: 'You already created this model repo' })
    else {
      hub.repositories[full] = { files: { '.gitattributes': '' }, private: visibility === 'private' }
      send(response, 200, { url: `${hub.endpoint}/${full}`, id: full })
    }
    return
  }
  const [, full, action = '', revision = ''] =
    /^\/(?:api\/models\/)?([^/]+\/[^/]+?)(?:\.git)?\/(preupload|info\/lfs\/objects\/batch|commit|branch)\/?(.*)$/.exec(
      path,
    ) ?? []
  const served = full === undefined ? undefined : hub.repositories[full]
  if (served === undefined) send(response, 404, { error: 'Repository not found' })
  else if (!owners.includes(full!.split('/')[0]!))
    send(response, 403, { error: 'Forbidden: you must have write access' })
  else if (action === 'branch') {
    served.revisions = [...(served.revisions ?? []), revision]
    send(response, 200, {})
  } else if (action === 'preupload') {
    const { files } = JSON.parse(body.toString()) as { files: { path: string; size: number }[] }
    const modes = files.map(({ path, size }) => ({
      path,
      uploadMode: size > largeFile ? 'lfs' : 'regular',
      shouldIgnore: false,
    }))
    send(response, 200, { files: modes })
  } else if (action === 'commit') commit(hub, served, body, response)
  else {
    const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] }
    send(response, 200, { transfer: 'basic', objects: objects.map(object => withActions(hub, object)) })
  }
}

/** Where an object is to be sent; nothing where it is here already. */
function withActions({ uploads, storage }: HubServer, { oid, size }: { oid: string; size: number }): object {
  if (uploads.has(oid)) return { oid, size }
  if (size <= partSize) return { oid, size, actions: { upload: { href: `${storage}/upload/${oid}` } } }
  const parts = Array.from({ length: Math.ceil(size / partSize) }, (_, i) => [
    String(i + 1).padStart(5, '0'),
    `${storage}/part/${oid}/${i + 1}`,
  ])
  const header = { chunk_size: String(partSize), ...Object.fromEntries(parts) }
  return { oid, size, actions: { upload: { href: `${storage}/complete/${oid}`, header } } }
}

/** Takes a large file, or a part of one. */
export async function storeUpload(
  { uploads }: HubServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request)
  const [, action, oid, part] = request.url!.split('/') as [string, string, string, string?]
  if (action === 'part') {
    uploads.set(`${oid}/${part}`, body)
    response.writeHead(200, { etag: `"${sha256(body)}"` }).end()
    return
  }
  const { parts = [] } = action === 'complete' ? JSON.parse(body.toString()) : {}
  const content =
    action === 'complete'
      ? Buffer.concat(
          parts.map(({ partNumber }: { partNumber: number }) => uploads.get(`${oid}/${partNumber}`)!),
        )
      : body
  if (sha256(content) !== oid) response.writeHead(400).end()
  else {
    uploads.set(oid, content)
    response.writeHead(200).end()
  }
}

/** All of a commit or nothing. */
function commit(hub: HubServer, served: ServedRepository, body: Buffer, response: ServerResponse): void {
  const lines = body
    .toString()
    .split('\n')
    .map(line => JSON.parse(line) as CommitLine)
  const files: ServedRepository['files'] = {}
  for (const { key, value } of lines) {
    if (key === 'header') {
      const parent = value.parentCommit
      if (parent !== undefined && parent !== (served.commit ?? hub.commit)) {
        send(response, 412, { error: 'A commit has happened since. Please refresh and try again.' })
        return
      }
      served.commits = [...(served.commits ?? []), value.summary]
    } else if (key === 'file') files[value.path] = Buffer.from(value.content, 'base64')
    else {
      const content = hub.uploads.get(value.oid)
      if (content === undefined) {
        send(response, 400, { error: `${value.path} was not uploaded` })
        return
      }
      files[value.path] = content
    }
  }
  Object.assign(served.files, files)
  served.commit = createHash('sha1').update(body).digest('hex')
  send(response, 200, {
    commitOid: served.commit,
    commitUrl: `${hub.endpoint}/commit/${served.commit}`,
    hookOutput: '',
  })
}
