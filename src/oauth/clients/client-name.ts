const longest = 80

/**
 * A client's name as people will read it: control, direction and invisible characters gone, spaces single,
 * 80 characters at most (A210). Empty when nothing readable is left.
 */
export function cleanClientName(name: string): string {
  const readable = name
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    // Direction marks and zero-width characters (Cf), private use (Co), unassigned (Cn), and letters that show nothing.
    .replaceAll(/[\p{Cf}\p{Co}\p{Cn}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/gu, '')
    // More than two marks on one letter only serve to climb over the lines around it.
    .replaceAll(/(\p{M}{2})\p{M}+/gu, '$1')
    .trim()
  return Array.from(readable).slice(0, longest).join('').trim()
}
