import type { Client } from './client.ts'
import { verifiedDomain } from './client.ts'
import { matchRedirectUri } from './redirect-uri.ts'

// Letters of other alphabets and digits beside the Latin letter they pass for at a glance (after Unicode TS 39).
const twins = new Map(
  `аa вb еe ёe кk мm нh оo рp сc тt уy хx іi їi јj ѕs ԁd ԛq ԝw һh ӏl ոn սu օo յj
   αa βb εe ηn ιi κk νv οo ρp τt υu χx ωw ıi ɑa ɡg øo łl đd ħh ßb
   0o 1l 3e 5s 8b |l !l $s @a`
    .split(/\s+/)
    .map((pair) => [pair.slice(0, -1), pair.slice(-1)] as const),
)

/** What stays of a name when everything that looks alike is alike. */
export function nameSkeleton(name: string): string {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return Array.from(plain, (letter) => twins.get(letter) ?? letter)
    .join('')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('i', 'l')
}

/**
 * The sentence to show when a client calls itself like one that people here trust (attacks D10), or null.
 * A client whose answers go where the trusted one's go gains nothing by the name: agents that register anew
 * at each connection stay quiet.
 */
export function lookAlikeWarning(
  client: Client,
  trusted: readonly Client[],
  appSchemes: readonly string[],
): string | null {
  const skeleton = nameSkeleton(client.name)
  if (skeleton === '' || client.approved || client.registration === 'manual') return null
  const twin = trusted.find(
    (other) =>
      other.id !== client.id &&
      nameSkeleton(other.name) === skeleton &&
      !client.redirectUris.every((uri) => matchRedirectUri(other.redirectUris, uri, appSchemes)),
  )
  if (!twin) return null
  const domain = verifiedDomain(twin)
  const known = domain ? `${twin.name} of ${domain}` : twin.name
  return `This app’s name is like that of “${known}”, which is already trusted here. It is a different app.`
}
