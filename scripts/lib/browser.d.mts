/** Chromium with one page, driven by the DevTools protocol. */
export interface Browser {
  /** Asks the page, such as "Page.navigate". */
  send(method: string, params?: object): Promise<unknown>;
  /** The value of an expression in the page; promises are awaited. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

export function openBrowser(): Promise<Browser>;
