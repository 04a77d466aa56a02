import { describe, it } from 'vitest'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'

describe('url', () => {
  const field = fieldOf('url')

  it('is a web address in one spelling', () => {
    accepts(
      field,
      ['ACME.example', 'https://acme.example'],
      ['http://acme.example/', 'http://acme.example'],
      ['https://acme.example:443/a?b=c#d', 'https://acme.example/a?b=c#d'],
      ['acme.example:8080/x', 'https://acme.example:8080/x'],
      ['https://bücher.example', 'https://xn--bcher-kva.example'],
      ['', null],
    )
  })

  it('never holds a script, a file, a password, or a name without a dot', () => {
    refuses(
      field,
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      ' javascript:alert(1)',
      'java\tscript:alert(1)',
    )
    refuses(
      field,
      'data:text/html,<script>',
      'vbscript:x',
      'file:///etc/passwd',
      'ftp://acme.example',
      'mailto:a@b.example',
    )
    refuses(
      field,
      'https://user:secret@acme.example',
      'https://user@acme.example',
      'localhost',
      'http://',
      'x y.example',
      5,
    )
    refuses(field, `https://acme.example/${'x'.repeat(2000)}`)
  })
})
