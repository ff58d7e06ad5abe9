/**
 * A document that was read, and the file that it came from.
 */

export type Source = { readonly file: string; readonly document: unknown; readonly firstIndex?: number };
