/** Checks the same of each case, whatever became of those before, and throws the names of those that failed with what was wrong. */
export function every<Case>(cases: readonly (readonly [string, Case])[], check: (value: Case) => void): void {
  const failures = cases.flatMap(([name, value]) => {
    try {
      check(value);
      return [];
    } catch (error) {
      return [{ name, error: error as Error }];
    }
  });
  if (failures.length > 0)
    throw new Error(failures.map(({ name, error }) => `${name}: ${error.message}`).join("\n"), {
      cause: failures[0]!.error,
    });
}
