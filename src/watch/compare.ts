function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one) || one instanceof Uint8Array) {
    const [list, others] = [one as ArrayLike<unknown>, other as ArrayLike<unknown> | undefined];
    if (others?.length !== list.length) return false;
    for (let place = 0; place < list.length; place++) if (!isSame(list[place], others[place])) return false;
    return true;
  }
  return isPlain(one) && isPlain(other) && changedProperties(one, other, NONE).length === 0;
}

const NONE: ReadonlySet<string> = new Set();

/** The paths of the properties that differ, such as "linkInfo.data.ageingTime", without those that are silent. */
export function changedProperties(before: object, after: object, silent: ReadonlySet<string>, path = ""): string[] {
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const changed: string[] = [];
  const look = (name: string): void => {
    const [one, other] = [old[name], now[name]];
    if (one === other || silent.has(path + name)) return;
    if (isPlain(one) && isPlain(other)) changed.push(...changedProperties(one, other, silent, `${path}${name}.`));
    else if (!isSame(one, other)) changed.push(path + name);
  };
  for (const name in now) look(name);
  for (const name in old) if (!(name in now)) look(name);
  return changed;
}
