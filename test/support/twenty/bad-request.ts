/** What Twenty answers with status 400. */
export class BadRequest extends Error {
  override name = 'BadRequest'
}
