export const checks: { name: string; claim: string; args: string[] }[]
