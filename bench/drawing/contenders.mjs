const families = {
  floor: ["static-nothing", "static-nothing-musl"],
  compiled: ["libmnl", "go", "rust", "qemu-bridge-helper"],
  scripted: ["pyroute2", "npm-netlink", "node-netlink"],
};

/** The key of a contender's colour: linkwright's own, the floor's, or that of its family. */
export function colourOf(id, { ours = "linkwright", floor = "floor" } = {}) {
  if (id === ours) return "linkwright";
  if (id === floor) return "floor";
  return Object.keys(families).find((family) => families[family].includes(id)) ?? "programs";
}

/** Whoever is drawn: what a row sets aside has its line in the tables alone. */
export const drawn = (rows, ids) => ids.filter((id) => !rows.some((row) => row?.aside?.includes(id)));

/** What a contender is called. */
export const titleOf = ({ contenders }, id) => contenders[id]?.title ?? id;

/** Whoever has samples, in the order of the result's contenders. */
export function inOrder({ contenders }, samples) {
  const order = Object.keys(contenders);
  const place = (id) => (order.includes(id) ? order.indexOf(id) : order.length);
  return Object.keys(samples)
    .filter((id) => samples[id].length > 0)
    .sort((a, b) => place(a) - place(b));
}
