/** Where a client looks for the protected resource metadata (RFC 9728 §3.1, §5.1). */
export type MetadataPlace = 'challenge' | 'path' | 'root'
/** Who says which scopes a client asks for. */
export type ScopeSource = 'challenge' | 'resource' | 'server'
/** RFC 7591 §2 metadata, or a client ID metadata document without its `client_id`. */
export type ClientMetadata = Readonly<Record<string, unknown>> & {
  readonly client_name: string
  readonly redirect_uris: readonly string[]
}

/** A client ID metadata document that a client shows to servers that meet its conditions. */
export type DocumentShape = {
  /** Its address, which is the client_id. */
  readonly url: string
  /** `none`: only where the server lists that method. `iss`: only where it announces RFC 9207. */
  readonly onlyWith: readonly ('none' | 'iss')[]
  readonly content: ClientMetadata
  /** `Cache-Control` it is served with. */
  readonly cacheControl: string
  /** Where its keys are, when it signs assertions (RFC 7523 §2.2). */
  readonly keys?: string
}

/**
 * How one MCP client behaves while it signs in, as data: the doctor foresees with it who would fail at a server,
 * and the simulators in `test/support/simulators` act it out against ours. The facts are reports of third parties
 * and may age; each shape names where they come from.
 */
export type ClientShape = {
  readonly name: string
  /** Issue threads and sources, as `repository#number`. */
  readonly sources: readonly string[]
  /** Milliseconds it waits for a step, and for a refresh. */
  readonly patience: { readonly step: number; readonly refresh: number }
  /** What it sends first. */
  readonly probe: 'GET' | 'POST'
  /** Headers of its discovery requests. */
  readonly discoveryHeaders: Readonly<Record<string, string>>
  readonly resourceMetadata: readonly MetadataPlace[]
  /** A page in a browser: the answers it reads need CORS. */
  readonly pageOrigin: string | null
  /** In the order in which it tries them; none: it knows dynamic registration only. */
  readonly documents: readonly DocumentShape[]
  readonly registration: ClientMetadata | null
  /** Which method it registers with: always `none`, or the first of these that the server lists. */
  readonly registersWith: readonly ('none' | 'client_secret_basic' | 'client_secret_post')[]
  /** What it sends to the authorization endpoint; a port in it is the one it found free. */
  readonly redirectUri: string
  readonly scopes: {
    readonly from: readonly ScopeSource[]
    /** Asked for when nobody says anything. */
    readonly otherwise: string | null
    /** Adds offline_access when the authorization server lists it (and then prompt=consent). */
    readonly offlineAccess: boolean
  }
  /** Once, twice (RFC 8707 allows repetition), or never. */
  readonly resource: 'once' | 'twice' | 'never'
  /** Refuses an answer without the `iss` that the metadata announces (RFC 9207 §2.4). */
  readonly strictAboutIss: boolean
  readonly refresh: {
    readonly scope: 'omitted' | 'repeated'
    /** Processes that refresh with the same token at the same moment. */
    readonly atOnce: number
  }
}

/** What clients on the official SDK send while they look around; it makes browsers ask first (requirements A8). */
export const sdkHeaders = { Accept: 'application/json', 'MCP-Protocol-Version': '2025-11-25' }
export const codeAndRefresh = ['authorization_code', 'refresh_token']
