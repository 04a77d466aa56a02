const longest = 80

// Direction marks and zero-width characters (Cf), private use (Co), unassigned (Cn), and letters that show nothing.
const invisible =
  /\p{Cf}|\p{Co}|\p{Cn}|\u{34f}|[\u{115f}\u{1160}\u{2800}\u{3164}\u{ffa0}]|\u{17b4}|\u{17b5}/gu

/**
 * A client's name as people will read it: control, direction and invisible characters gone, spaces single,
 * `most` characters at most, 80 unless said otherwise (A210). Empty when nothing readable is left.
 */
export function cleanClientName(name: string, most = longest): string {
  const readable = name
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll(invisible, '')
    // More than two marks on one letter only serve to climb over the lines around it.
    .replaceAll(/(\p{M}{2})\p{M}+/gu, '$1')
    .trim()
  return Array.from(readable).slice(0, most).join('').trim()
}
