import type { ConnectionView, UpstreamClientView } from '#contract'
import type { MemberActor } from '#identity'
import type { CredentialPlace, OpenCredential } from '#vault'
import type { Upstream } from '../upstreams/upstream.ts'

/** People's own connections to upstreams, with Tandem as the OAuth client. Only a member begins one, never an agent. */
export interface Connections {
  /** Upstreams where people sign in, and those switched off to which she is connected. */
  list(actor: MemberActor): Promise<ConnectionView[]>
  /** Null when there is none that she would be told of. */
  view(actor: MemberActor, name: string): Promise<ConnectionView | null>
  /** Where to send the person's browser. @throws ConnectFailure */
  begin(actor: MemberActor, name: string): Promise<{ location: string } | null>
  /** Takes it out of the vault, then tells the authorization server; switched off or not. False when there was none. */
  end(actor: MemberActor, name: string, ip: string): Promise<boolean>
  /** Answers what authorization servers call: the way back, and our metadata document. Null for any other path. */
  handle(request: Request, from: { ip: string }, path: string): Promise<Response | null>
  /** What a call may carry now, renewed when it has to be. @throws UpstreamTrouble */
  credential(upstream: Upstream, place: CredentialPlace, refused?: string): Promise<OpenCredential | null>
  /** How the upstream's authorization server knows us. */
  client(upstream: Upstream): Promise<UpstreamClientView>
  /** For a client that was set up there by hand; null: it has none. False when there is no such client. */
  setClientSecret(actor: MemberActor, upstream: Upstream, secret: string | null, ip: string): Promise<boolean>
  /** The next connection registers anew; those that are there go on. */
  forgetClient(actor: MemberActor, upstream: Upstream, ip: string): Promise<boolean>
}
