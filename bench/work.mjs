/** The ways to attach, quickest first. */
export const WAYS = ["batch", "pipelined", "each"];

/**
 * One command of a contender that has entered: the milliseconds that it took. What it cannot do (see verification.mjs) is
 * done for it by `instead`, and takes undefined.
 */
async function timed({ lacks, ask }, command, words, instead) {
  if (lacks[command] === undefined) {
    const { milliseconds, unsupported } = await ask(command, ...words);
    if (unsupported === undefined) return milliseconds;
    lacks[command] = unsupported;
  }
  await instead();
  return undefined;
}

/** Has a contender create bridges, set up. */
export async function makeBridges(contender, names) {
  let total = 0;
  for (const name of names)
    total += (await timed(contender, "bridge", [name], () => contender.host.addBridge(name, { up: true }))) ?? NaN;
  return Number.isNaN(total) ? undefined : total;
}

/** Has a contender create the TAPs from a number to below another. */
export const makeTaps = (contender, from, to) =>
  timed(contender, "create", [from, to], () => addTaps(contender.host, from, to));

/** The same by linkwright, for whoever cannot, or has nothing to do with it. */
export const addTaps = (host, from, to) =>
  Promise.all(Array.from({ length: to - from }, (_, i) => host.addTap(`t${from + i}`)));

/** Has a contender attach TAPs to bridges, to each as many, in a way that it has: milliseconds, and microseconds of each. */
export async function attachTaps({ ask }, from, to, bridges, way) {
  const share = (to - from) / bridges.length;
  const answers = [];
  for (const [i, bridge] of bridges.entries())
    answers.push(await ask("attach", from + i * share, from + (i + 1) * share, bridge, way));
  return {
    milliseconds: answers.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    each: answers.flatMap(({ each = [] }) => each),
  };
}

/** The quickest way that a contender has. */
export const bestWay = ({ lacks }) => WAYS.find((way) => lacks[way] === undefined);
