import type { Latency, Row } from "../result.js";

/** A row as it is declared, before it has samples. */
export type Declared = Omit<Row, "better" | "samples">;

export type Recorder = ReturnType<typeof recorder>;

/** Collects the rows and curves of a run. */
export function recorder() {
  const rows = new Map<string, Row>();
  const latencies: Latency[] = [];

  function fail(id: string, name: string, why: string): void {
    const row = rows.get(id)!;
    delete row.samples[name];
    (row.failed ??= {})[name] ??= why;
  }

  return {
    row(row: Declared): void {
      rows.set(row.id, { better: "less", ...row, samples: {} });
    },
    add(id: string, name: string, value: number): void {
      const { failed, samples } = rows.get(id)!;
      if (failed?.[name] === undefined) (samples[name] ??= []).push(rounded(value));
    },
    /** Says why a contender has no samples in a row; those that it had go. */
    fail,
    /** Says so only of one that has none. */
    lack(id: string, name: string, why: string): void {
      if (rows.get(id)!.samples[name] === undefined) fail(id, name, why);
    },
    /** The same in all rows of a section. */
    failSection(section: string, name: string, why: string): void {
      for (const row of rows.values()) if (row.section === section) fail(row.id, name, why);
      for (const latency of latencies) if (section === "latency") delete latency.samples[name];
    },
    /** What is to be known to read a row. */
    remark(id: string, remark: string): void {
      rows.get(id)!.remark = remark;
    },
    latency(latency: Latency): void {
      latencies.push(latency);
    },
    /** Adds to a curve. */
    addLatencies(id: string, name: string, samples: readonly number[]): void {
      const { samples: all } = latencies.find((latency) => latency.id === id)!;
      (all[name] ??= []).push(...samples.map((sample) => Math.round(sample * 10) / 10));
    },
    rows: (): Row[] => [...rows.values()].filter(({ samples }) => Object.keys(samples).length > 0),
    latencies: (): Latency[] => latencies,
  };
}

/** To four significant digits: the fifth is noise, and a result is a file that is kept. */
const rounded = (value: number): number => Number(value.toPrecision(4));
