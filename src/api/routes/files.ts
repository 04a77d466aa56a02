import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forCrm } from '../route.ts'
import type { Route } from '../route.ts'

/** Files that are received at once, from all and from one member: each is held in memory until it is whole. */
const mostAtOnce = 8
const mostOfOne = 3
const upload = z.strictObject({ name: z.string().min(1).max(200) })

/** Files on records. An upload is the bytes themselves; its name is in the query, its type in Content-Type. */
export function fileRoutes({ crm }: ApiDependencies): Route[] {
  /** Whose files are coming in. */
  const coming: string[] = []
  const at = (param: (name: string) => string) => ({ object: param('object'), id: param('id') })
  return [
    forCrm('GET /objects/:object/records/:id/files', { summary: 'Files of a record' }, async (call) => ({
      files: await crm.files.list(call.actor, at(call.param)),
    })),
    forCrm(
      'POST /objects/:object/records/:id/files',
      { summary: 'Hang a file on a record: the body is its bytes', query: upload },
      async ({ actor, param, query, request }) => {
        const whose = actor.kind === 'system' ? actor.name : actor.member
        // Who sends slowly, or lets apps do so, keeps nobody else's out.
        if (coming.length >= mostAtOnce || coming.filter((one) => one === whose).length >= mostOfOne)
          throw new ApiFailure(
            'too_many_calls',
            'Too many files are coming in at once. Try again in a moment',
            {
              headers: { 'Retry-After': '2' },
            },
          )
        coming.push(whose)
        try {
          return await crm.files.attach(actor, at(param), {
            name: query.name,
            type: request.headers.get('content-type')?.split(';')[0]?.trim() ?? '',
            bytes: request.body ?? empty(),
          })
        } finally {
          coming.splice(coming.indexOf(whose), 1)
        }
      },
    ),
    forCrm('GET /files/:id', { summary: 'A file’s bytes' }, async ({ actor, param }) => {
      const { file, bytes } = await crm.files.open(actor, param('id'))
      return new Response(ReadableStream.from(bytes), {
        headers: {
          // Somebody else's bytes under our origin: saved, never shown (attacks C9).
          'Content-Type': 'application/octet-stream',
          'Content-Disposition': `attachment; filename*=UTF-8''${encodeRfc8187(file.name)}`,
          'Content-Length': String(file.size),
          'Content-Security-Policy': "default-src 'none'; sandbox",
          'Cache-Control': 'private, no-store',
        },
      })
    }),
    forCrm('DELETE /files/:id', { summary: 'Take a file off its record' }, ({ actor, param }) =>
      crm.files.remove(actor, param('id')),
    ),
    forCrm('POST /files/:id/restore', { summary: 'Put a removed file back' }, ({ actor, param }) =>
      crm.files.restore(actor, param('id')),
    ),
  ]
}

/** RFC 8187 §3.2.1: encodeURIComponent leaves a few marks that have a meaning there. */
function encodeRfc8187(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

async function* empty(): AsyncIterable<Uint8Array> {
  // Nothing: a file without bytes.
}
