/** What the tests of a subject may take of `npm test`, in seconds, and which files they are. */
export const budgets = [
  { subject: "watching", seconds: 60, files: /^test\/\w+\/watch\// },
  { subject: "declarations", seconds: 90, files: /^test\/\w+\/topology\// },
  { subject: "boot", seconds: 60, files: /^test\/\w+\/(boot|formats)\// },
  { subject: "networks and addresses", seconds: 120, files: /^test\/\w+\/(networks|dhcp)\// },
  { subject: "Open vSwitch", seconds: 60, files: /^test\/\w+\/(ovsdb|openvswitch)\// },
];

/** Milliseconds by subject, of files' names and times. */
export function spentOn(times) {
  const spent = {};
  for (const { name, time } of times) {
    const budget = budgets.find(({ files }) => files.test(name));
    if (budget !== undefined) spent[budget.subject] = (spent[budget.subject] ?? 0) + time;
  }
  return spent;
}

/** What several stages spent, beside what they may: a line, or none. A machine that others use takes longer: it is no failure. */
export function spending(all) {
  const parts = budgets.flatMap(({ subject, seconds }) => {
    const took = all.reduce((sum, spent) => sum + (spent[subject] ?? 0), 0) / 1000;
    return took === 0 ? [] : [`${subject} ${Math.ceil(took)} of ${seconds} s`];
  });
  return parts.length === 0 ? [] : [`budgets: ${parts.join(", ")}`];
}
