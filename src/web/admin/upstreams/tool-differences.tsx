import type { ToolDifference } from '#contract'

// What a model reads and nobody sees has to be seen here.
const hidden = /(?![\t\n\r]|\ufe0f)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu

/** A stranger's text, with what is invisible in it made visible. */
export function visible(text: string): string {
  return text.replaceAll(
    hidden,
    (sign) => `⟨U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  )
}

/** What was accepted beside what the upstream says now: gone lines struck, new ones marked. */
export function ToolDifferences({ differences }: { differences: ToolDifference[] }) {
  return (
    <dl className="flex flex-col gap-2 text-table">
      {differences.map(({ what, before, after }) => (
        <div key={what} className="flex gap-3 max-sm:flex-col max-sm:gap-0.5">
          <dt className="w-32 shrink-0 text-faint [overflow-wrap:anywhere]">
            <bdi>{visible(what)}</bdi>
          </dt>
          <dd
            className={`max-h-72 min-w-0 grow overflow-y-auto rounded-sm whitespace-pre-wrap [overflow-wrap:anywhere] ${isJson(after || before) ? 'font-mono text-xs leading-5' : ''}`}
            tabIndex={0}
          >
            {linesOf(before, after).map(({ text, kind }, at) =>
              kind === 'gone' ? (
                <del key={at} className="block text-muted">
                  {visible(text)}
                </del>
              ) : kind === 'new' ? (
                <ins
                  key={at}
                  className={`block no-underline ${before === '' ? '' : 'font-medium text-amber'}`}
                >
                  {before !== '' && <span aria-hidden>+ </span>}
                  {visible(text)}
                </ins>
              ) : (
                <span key={at} className="block text-muted">
                  {visible(text)}
                </span>
              ),
            )}
            {after === '' && <span className="block font-sans text-faint">Not there any more</span>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** Arguments and hints come as JSON; their indents say what is in what. */
function isJson(text: string): boolean {
  return /^[[{]/.test(text)
}

type Line = { text: string; kind: 'gone' | 'new' | 'same' }
const mostCompared = 400

/** Line by line, in the order in which both have them. */
function linesOf(before: string, after: string): Line[] {
  const was = before === '' ? [] : before.split('\n')
  const is = after === '' ? [] : after.split('\n')
  // A text that long is read whole, not compared.
  if (was.length > mostCompared || is.length > mostCompared)
    return [...marked(was, 'gone'), ...marked(is, 'new')]
  const width = is.length + 1
  const common = new Uint16Array((was.length + 1) * width)
  for (let i = was.length - 1; i >= 0; i--)
    for (let j = is.length - 1; j >= 0; j--)
      common[i * width + j] =
        was[i] === is[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0)
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < was.length && j < is.length) {
    if (was[i] === is[j]) {
      lines.push({ text: is[j++] ?? '', kind: 'same' })
      i++
    } else if ((common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
      lines.push({ text: was[i++] ?? '', kind: 'gone' })
    else lines.push({ text: is[j++] ?? '', kind: 'new' })
  }
  return [...lines, ...marked(was.slice(i), 'gone'), ...marked(is.slice(j), 'new')]
}

function marked(texts: string[], kind: Line['kind']): Line[] {
  return texts.map((text) => ({ text, kind }))
}
