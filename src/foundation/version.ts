import manifest from '../../package.json' with { type: 'json' }

/** Tandem's own version, as its package says. */
export const version: string = manifest.version
