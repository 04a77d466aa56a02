/** REST, OpenAPI and the web app's endpoints. */
export { createApi } from './create-api.ts'
export type { Api } from './create-api.ts'
export type { ApiDependencies } from './dependencies.ts'
