import type { NextFunction, Request, Response } from 'express'
import type { Guard, VerifiedToken } from 'tandem/guard'

const tokens = new WeakMap<Request, VerifiedToken>()

/** Express middleware that lets a request pass when the guard does, and answers in its words otherwise. */
export function protect(guard: Guard, ...scopes: string[]) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const asked = toWeb(request)
    const checked = await guard.check(asked)
    if (!checked.ok) return send(response, checked.response)
    if (!guard.covers(checked.token, scopes)) return send(response, guard.insufficientScope(asked, scopes))
    tokens.set(request, checked.token)
    next()
  }
}

/** Who is calling; only behind {@link protect}. */
export function tokenOf(request: Request): VerifiedToken {
  const token = tokens.get(request)
  if (!token) throw new Error('This route is not protected')
  return token
}

/** What the guard looks at: the address, the method and the headers. It never reads a body. */
export function toWeb({ protocol, headers, url, originalUrl, method }: Request): globalThis.Request {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  )
  return new globalThis.Request(`${protocol}://${headers.host ?? 'localhost'}${originalUrl || url}`, {
    method,
    headers: given,
  })
}

export async function send(response: Response, answer: globalThis.Response): Promise<void> {
  response.status(answer.status)
  for (const [name, value] of answer.headers) response.setHeader(name, value)
  response.send(Buffer.from(await answer.arrayBuffer()))
}
