import { activityTools } from './activities.ts'
import { companyTools } from './companies.ts'
import { contactTools } from './contacts.ts'
import { metadataTools } from './metadata.ts'
import { opportunityTools } from './opportunities.ts'
import { relationshipTools } from './relationships.ts'
import { taskTools } from './tasks-and-notes.ts'
import type { TwentyTool } from './tool.ts'

/** The 29 tools of twenty-mcp, by its names and arguments. */
export const builtInTools: readonly TwentyTool[] = [
  ...contactTools,
  ...companyTools,
  ...taskTools,
  ...opportunityTools,
  ...activityTools,
  ...relationshipTools,
  ...metadataTools,
]
