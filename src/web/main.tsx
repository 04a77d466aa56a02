import './styles.css'

// Consent, devices, connecting an upstream and the doors (sign-in, first run, invitation) load without the application behind them.
const path = location.pathname
const page = path.startsWith('/consent/')
  ? import('./consent/start.tsx')
  : /^\/device\/?$/.test(path)
    ? import('./device/start.tsx')
    : /^\/connect\/[^/]+\/?$/.test(path)
      ? import('./upstream-connect/start.tsx')
      : /^\/(sign-in|setup|join)\/?$/.test(path)
        ? import('./account/start.tsx')
        : import('./shell/start.tsx')

void page.then(({ start }) => start())
