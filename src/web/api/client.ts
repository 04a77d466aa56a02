import type { ApiError } from '#contract'

/** A refusal of the API. `message` is written for people; `fields` says which input it is about. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly status: number
  readonly code: string
  readonly fields: Readonly<Record<string, string>>
  constructor(status: number, body: ApiError) {
    super(body.message)
    this.status = status
    this.code = body.error
    this.fields = body.fields ?? {}
  }
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/**
 * Asks the API. The answer's shape is the contract's, which the server builds from the same types.
 * @throws ApiFailure — status 0 when the server couldn't be reached.
 */
export async function api<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const request: RequestInit = { method, headers: { accept: 'application/json' } }
  if (body !== undefined) {
    request.headers = { accept: 'application/json', 'content-type': 'application/json' }
    request.body = JSON.stringify(body)
  }
  if (signal) request.signal = signal
  return ask<T>(path, request)
}

/** Sends a file's bytes. @throws ApiFailure */
export async function upload<T>(path: string, file: File): Promise<T> {
  const type = file.type || 'application/octet-stream'
  return ask<T>(path, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': type },
    body: file,
  })
}

async function ask<T>(path: string, request: RequestInit): Promise<T> {
  const response = await fetch(`/api${path}`, request).catch((cause: unknown) => {
    if (request.signal?.aborted) throw cause
    throw new ApiFailure(0, {
      error: 'unreachable',
      message: 'Tandem doesn’t answer. Nothing was saved; check the connection and try again.',
    })
  })
  const text = await response.text()
  const json: unknown = text === '' ? null : parse(text)
  if (!response.ok) throw new ApiFailure(response.status, refusal(json, response.status))
  return json as T
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function refusal(json: unknown, status: number): ApiError {
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string') {
    return json as ApiError
  }
  return {
    error: 'unexpected',
    message: `Tandem gave an answer this page doesn’t understand (${status}). Try again.`,
  }
}

/** A sentence for people, whatever was thrown. */
export function sentence(error: unknown): string {
  return error instanceof ApiFailure
    ? error.message
    : 'Something went wrong on this page. Reload and try again.'
}

/** The message for one input, when the refusal is about it. */
export function fieldMessage(error: unknown, field: string): string | undefined {
  return error instanceof ApiFailure ? error.fields[field] : undefined
}
