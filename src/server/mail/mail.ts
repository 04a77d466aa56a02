import type { Transporter } from 'nodemailer'
import { SetupError } from '#foundation'

/** Sends plain mail. The one place that knows how. */
export interface Mail {
  /** Rejects when the mail server doesn't take it. */
  send(message: { to: readonly string[]; subject: string; text: string }): Promise<void>
  close(): void
}

/** Milliseconds for a connection, a greeting, and silence after it. */
const patience = 15_000

/** Mail by the SMTP server of the settings, or null when none is set up. @throws SetupError */
export function createMail({
  TANDEM_SMTP_URL: address,
  TANDEM_MAIL_FROM: from,
}: {
  TANDEM_SMTP_URL?: string | undefined
  TANDEM_MAIL_FROM?: string | undefined
}): Mail | null {
  if (address === undefined) return null
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    throw new SetupError('TANDEM_SMTP_URL looks like smtp://user:password@host:587 or smtps://host:465')
  }
  if (from === undefined) throw new SetupError('TANDEM_MAIL_FROM is missing: whom mails come from')
  const secure = url.protocol === 'smtps:'
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  const options = {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    // A password never crosses the network in the clear (RFC 8314 §3).
    requireTLS: !secure && url.username !== '' && !local,
    ...(url.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
  // With the first mail: the library costs 20 MB, and most processes send none.
  let opened: Promise<Transporter> | undefined
  const transport = () =>
    (opened ??= import('nodemailer').then(({ createTransport }) => createTransport(options)))
  return {
    async send({ to, subject, text }) {
      const mailer = await transport()
      // One each: nobody learns who else is an administrator, and one bad address spoils one mail.
      const sent = await Promise.allSettled(
        to.map((one) => mailer.sendMail({ from, to: one, subject, text })),
      )
      const failed = sent.find((result) => result.status === 'rejected')
      if (failed && sent.every(({ status }) => status === 'rejected')) throw failed.reason
    },
    close: () => void opened?.then((mailer) => mailer.close()),
  }
}
