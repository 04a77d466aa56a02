/** The tools of twenty-mcp 1.3.0, each with its arguments; `*` is one that has to be there. */
export const twentyMcpTools: Readonly<Record<string, readonly string[]>> = {
  create_contact: [
    'firstName*',
    'lastName*',
    'email',
    'phone',
    'companyId',
    'jobTitle',
    'linkedinUrl',
    'city',
  ],
  get_contact: ['id*'],
  update_contact: [
    'id*',
    'firstName',
    'lastName',
    'email',
    'phone',
    'companyId',
    'jobTitle',
    'linkedinUrl',
    'city',
  ],
  search_contacts: ['query*', 'limit', 'offset'],
  create_company: [
    'name*',
    'domainName',
    'address',
    'employees',
    'linkedinUrl',
    'xUrl',
    'annualRecurringRevenue',
    'idealCustomerProfile',
  ],
  get_company: ['id*'],
  update_company: [
    'id*',
    'name',
    'domainName',
    'address',
    'employees',
    'linkedinUrl',
    'xUrl',
    'annualRecurringRevenue',
    'idealCustomerProfile',
  ],
  search_companies: ['query*', 'limit', 'offset'],
  create_task: ['title*', 'body', 'dueAt', 'status', 'assigneeId'],
  get_tasks: ['limit', 'offset'],
  create_note: ['body*', 'title', 'authorId'],
  create_opportunity: ['name*', 'amount', 'stage', 'closeDate', 'companyId', 'pointOfContactId'],
  get_opportunity: ['id*'],
  update_opportunity: ['id*', 'name', 'amount', 'stage', 'closeDate', 'companyId', 'pointOfContactId'],
  search_opportunities: [
    'query',
    'stage',
    'minAmount',
    'maxAmount',
    'startDate',
    'endDate',
    'companyId',
    'limit',
    'offset',
  ],
  list_opportunities_by_stage: [],
  get_activities: ['type', 'dateFrom', 'dateTo', 'authorId', 'limit', 'offset'],
  filter_activities: ['type', 'dateFrom', 'dateTo', 'authorId', 'status', 'limit', 'offset'],
  create_comment: ['body*', 'authorId', 'activityTargetId', 'targetObjectId', 'targetObjectType'],
  get_entity_activities: ['entityId*', 'entityType*', 'includeComments', 'limit', 'offset'],
  get_company_contacts: ['companyId*'],
  get_person_opportunities: ['personId*'],
  link_opportunity_to_company: ['opportunityId*', 'companyId', 'pointOfContactId'],
  transfer_contact_to_company: ['contactId*', 'toCompanyId*', 'fromCompanyId'],
  get_relationship_summary: ['entityId*', 'entityType*'],
  find_orphaned_records: [],
  list_all_objects: ['includeCustom', 'includeSystem', 'activeOnly', 'groupBy'],
  get_object_schema: ['objectName*', 'includeSystemFields'],
  get_field_metadata: ['objectName', 'fieldType', 'includeCustom', 'includeSystem', 'activeOnly'],
}

/** A tool's arguments in the same form. */
export function argumentsOf(inputSchema: Record<string, unknown>): string[] {
  const { properties = {}, required = [] } = inputSchema as {
    properties?: Record<string, unknown>
    required?: string[]
  }
  return Object.keys(properties).map((name) => (required.includes(name) ? `${name}*` : name))
}
