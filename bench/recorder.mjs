/** Collects the rows and curves of a run. */
export function recorder() {
  const rows = new Map();
  const latencies = [];

  function fail(id, name, why) {
    const row = rows.get(id);
    delete row.samples[name];
    (row.failed ??= {})[name] ??= why;
  }

  return {
    row(row) {
      rows.set(row.id, { better: "less", ...row, samples: {} });
    },
    add(id, name, value) {
      const { failed, samples } = rows.get(id);
      if (failed?.[name] === undefined) (samples[name] ??= []).push(rounded(value));
    },
    /** Says why a contender has no samples in a row; those that it had go. */
    fail,
    /** Says so only of one that has none. */
    lack(id, name, why) {
      if (rows.get(id).samples[name] === undefined) fail(id, name, why);
    },
    /** The same in all rows of a section. */
    failSection(section, name, why) {
      for (const row of rows.values()) if (row.section === section) fail(row.id, name, why);
      for (const latency of latencies) if (section === "latency") delete latency.samples[name];
    },
    latency(latency) {
      latencies.push(latency);
    },
    /** Adds to a curve. */
    addLatencies(id, name, samples) {
      const { samples: all } = latencies.find((latency) => latency.id === id);
      (all[name] ??= []).push(...samples.map((sample) => Math.round(sample * 10) / 10));
    },
    rows: () => [...rows.values()].filter(({ samples }) => Object.keys(samples).length > 0),
    latencies: () => latencies,
  };
}

/** To four significant digits: the fifth is noise, and a result is a file that is kept. */
const rounded = (value) => Number(value.toPrecision(4));
