/** Pixels. */
export const rowHeight = 36
/** The column of checkboxes; the naming column sticks beside it (`left-10`). */
export const headWidth = 40
