/** How conversations stand that are being answered, or were while nobody looked; by their ids. */
export const standings = $state<Record<string, 'answering' | 'answered' | undefined>>({})
