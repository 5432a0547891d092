interface Budget {
  readonly subject: string;
  readonly seconds: number;
  readonly files: RegExp;
}
type Spent = Readonly<Record<string, number>>;

export const budgets: readonly Budget[];
export function spentOn(times: readonly { readonly name: string; readonly time: number }[]): Spent;
export function spending(all: readonly Spent[]): string[];
