import type { OvsdbClient } from "../../ovsdb/client.js";
import type { Json } from "../../ovsdb/exact-json.js";
import { type TableStyle, tableText, type TextTable } from "../text/table-text.js";

/** A command line, taken apart. */
export interface Call {
  readonly client: OvsdbClient;
  readonly database: string;
  readonly words: readonly string[];
  readonly style: TableStyle;
  readonly transaction: readonly Json[];
  readonly signal: AbortSignal | undefined;
  write(text: string): void;
}

/** Prints tables, parted by empty lines. */
export function printer({ style, write }: Call): (table: TextTable) => void {
  let isFirst = true;
  return (table) => {
    write(tableText(table, style, isFirst));
    isFirst = false;
  };
}
