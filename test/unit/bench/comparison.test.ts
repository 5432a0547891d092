import { expect, test } from "vitest";
import { noteOf, peersAhead, standingOf } from "../../../bench/judge/ahead.js";
import { compareResults } from "../../../bench/judge/comparison.js";
import { comparisonReport, report, standingsReport } from "../../../bench/render/report.js";
import { verdictsOf } from "../../../bench/judge/verdicts.js";
import { around, resultOf, row } from "./rows.js";

const ATTACH = "throughput.attach-batch.1000";
const verdictOf = (floor: number[][], linkwright: number[][]) =>
  compareResults(
    resultOf(row(ATTACH, { floor: floor[0]!, linkwright: linkwright[0]! })),
    resultOf(row(ATTACH, { floor: floor[1]!, linkwright: linkwright[1]! })),
  ).rows[0]!;

test("what takes longer beside the floor than it did is slower, whatever the speed of the machine", () => {
  const compared = verdictOf([around(100), around(200)], [around(104), around(260)]);
  expect(compared).toMatchObject({ relative: true, verdict: "slower" });
  expect(compared.change).toBeCloseTo(1.25);
  expect(verdictOf([around(100), around(200)], [around(104), around(208)]).verdict).toBe("same");
  expect(verdictOf([around(200), around(100)], [around(260), around(104)]).verdict).toBe("quicker");
});

test("a change that the noise of the runs does not support is none", () => {
  const noisy = (value: number) => around(value, 9, 0.4);
  expect(verdictOf([noisy(1), around(1, 9, 0)], [around(1.2, 9, 0), around(1.3, 9, 0)]).verdict).toBe("same");
  expect(verdictOf([around(1, 9, 0), around(1, 9, 0)], [around(1.2, 9, 0), around(1.23, 9, 0)]).verdict).toBe("same");
  expect(verdictOf([around(1, 9, 0), around(1, 9, 0)], [around(1.2, 9, 0), around(1.3, 9, 0)]).verdict).toBe("slower");
});

test("fewer than five rounds say nothing", () => {
  expect(verdictOf([around(1, 4), around(1, 9)], [around(1, 4), around(2, 9)]).verdict).toBe("too few rounds");
});

test("each row says whether linkwright is ahead, tied or behind, beside whom, and how it stood before", () => {
  const rowsOf = (times: number) =>
    resultOf(
      row(ATTACH, { floor: around(1), linkwright: around(times), rust: around(2), go: around(3) }),
      row("reading.fdb.1000", { linkwright: around(1), libmnl: around(1.001, 9, 0.5) }),
      row("reading.links.1000", { libmnl: around(1) }),
      row("guest.import", { linkwright: around(5) }),
    );
  const [before, after] = [rowsOf(4), rowsOf(1)];
  expect(report(before)).toMatch(/throughput.attach-batch.1000 +rust +2.00 +behind\n/);
  const text = standingsReport(before, after)!;
  expect(text).toMatch(/throughput.attach-batch.1000 +rust +0.50 +behind +ahead\n/);
  expect(text).toMatch(/reading.fdb.1000 +libmnl +[\d.]+ +(tied|ahead) +(tied|ahead)\n/);
  expect(text).not.toMatch(/guest|reading.links/);
  expect(text.split("\n").at(-1)).toMatch(/^In rows: ahead (0 → 1|1 → 2), tied (1 → 1|0 → 0), behind 1 → 0\.$/);
});

test("a row without a floor is compared by its times, and rows that only one result has are named", () => {
  const old = resultOf(row("guest.import", { linkwright: around(4) }), row("guest.gone", { linkwright: around(1) }));
  const current = resultOf(row("guest.import", { linkwright: around(5) }), row("guest.new", { linkwright: around(1) }));
  const { rows, missing, added } = compareResults(old, current);
  expect(rows).toMatchObject([{ id: "guest.import", relative: false, verdict: "slower" }]);
  expect({ missing, added }).toEqual({ missing: ["guest.gone"], added: ["guest.new"] });
});

test("in what two runs differ beside the code is told", () => {
  const old = resultOf(row(ATTACH, { floor: around(1), linkwright: around(1) }));
  expect(compareResults(old, old).unlike).toEqual([]);
  expect(comparisonReport(compareResults(old, old))).toBe(
    "Nothing became slower or quicker.\n1 rows are the same. × is times the floor.",
  );
  const current = { ...old, quick: true, machine: { ...old.machine, kernel: "6.19.0" } };
  expect(compareResults(old, current).unlike).toEqual(["options", "kernel"]);
  expect(comparisonReport(compareResults(old, current))).toContain("the two runs differ in options, kernel.");
});

test("a row in which linkwright was not measured is not compared", () => {
  const [old, current] = [row(ATTACH, { floor: [1], linkwright: [1] }), row(ATTACH, { floor: [1] })].map((row) =>
    resultOf(row),
  );
  expect(compareResults(old!, current!).rows).toEqual([]);
});

test("a row is compared by the contender it is about and by its own floor", () => {
  const programs = (time: number) =>
    resultOf(
      row(
        "programs.ifup",
        { "qemu-ifup": around(time), "static-nothing": around(0.5) },
        {
          ours: "qemu-ifup",
          floor: "static-nothing",
        },
      ),
    );
  expect(compareResults(programs(0.9), programs(1.2)).rows).toMatchObject([{ relative: true, verdict: "slower" }]);
});

test("who is ahead is told with by how much, and without a reason where none is known", () => {
  const samples = { floor: around(90), linkwright: around(120), go: around(150), rust: around(100) };
  expect(peersAhead(row(ATTACH, samples))).toMatchObject([{ name: "rust", told: true }]);
  expect(noteOf(row("throughput.invented.1000", samples))).toBe("slower than rust by 1.20 times: not explained");
  expect(noteOf(row(ATTACH, { floor: around(90), linkwright: around(120), go: around(150) }))).toBeUndefined();
  expect(noteOf(row("guest.cpu", samples))).toBeUndefined();
});

test("whom the rounds do not tell apart from linkwright is no reason looked for, but the interval is told", () => {
  const samples = { floor: around(90), linkwright: around(120), go: around(100), rust: [110, 125, 112], libmnl: [100] };
  const closeBy = row("throughput.invented.1000", samples);
  expect(noteOf(closeBy)).toMatch(
    /^slower than go by 1\.20 times: not explained; not to be told apart from rust \(0\.9\d–1\.\d\d times\); too few rounds to say whether slower than libmnl \(1\.\d\d times, in one round\)$/,
  );
  const level = row("throughput.other.1", { floor: [1, 1, 1], linkwright: [1, 1.2, 1.1], rust: [1, 1.3, 1] });
  const ahead = row("throughput.other.2", { floor: [1, 1, 1], linkwright: [1, 1.2, 1.1], rust: [2, 2, 2] });
  expect(standingOf([closeBy, level, ahead, row("guest.cpu", samples)])).toBe(
    "Of 3 rows, linkwright is ahead of every peer in 2, behind some in 1",
  );
  const other = row("throughput.other.3", { linkwright: [1, 1.2, 1.1], rust: [1.1, 1.1, 1] });
  expect(standingOf([ahead, other])).toBe(
    "Of 2 rows, linkwright is ahead of every peer in 1, not to be told apart from the quickest in 1",
  );
});

test("who does nothing is no peer, and is nobody to be ahead of", () => {
  const samples = { "qemu-ifup": around(0.8), "static-nothing": around(0.5), "static-nothing-musl": around(0.1) };
  const more = { ours: "qemu-ifup", floor: "static-nothing-musl", aside: ["static-nothing"] };
  expect(noteOf(row("programs.ifup", samples, more))).toBeUndefined();
});

test("a row whose floor became another is compared by the one that both results have", () => {
  const old = row(
    "programs.ifup",
    { "qemu-ifup": around(0.8), nothing: around(0.5) },
    { ours: "qemu-ifup", floor: "nothing" },
  );
  const samples = { "qemu-ifup": around(1.6), nothing: around(1), musl: around(0.1) };
  const current = row("programs.ifup", samples, { ours: "qemu-ifup", floor: "musl" });
  for (const pair of [
    [old, current],
    [current, old],
  ] as const)
    expect(compareResults(resultOf(pair[0]), resultOf(pair[1])).rows).toMatchObject([
      { relative: true, verdict: "same" },
    ]);
});

test("peers that are ahead for one reason are told together", () => {
  const samples = {
    floor: around(90),
    linkwright: around(120),
    libmnl: around(60),
    rust: around(100),
    ip: around(110),
  };
  expect(noteOf(row("throughput.create.1000", samples))).toEqual(
    expect.stringMatching(
      /^slower than libmnl by 2\.00 times, rust by 1\.20 times, ip by 1\.09 times: the host's thread makes the system calls; .* 5 to 10 µs more$/,
    ),
  );
});

test("what the benchmark must show is checked; what was not measured is left out", () => {
  const rows = [
    row(ATTACH, { floor: around(100), linkwright: around(108), libmnl: around(120) }),
    row("throughput.total.1000", { floor: [100], linkwright: [110], libmnl: [2200], go: [1100] }),
    row("guest.delay.1000", { linkwright: [4, 12, 5] }),
  ];
  expect(verdictsOf(rows)).toMatchObject([
    { id: "batch", value: 1.08, limit: 1.1, holds: true },
    { id: "total-peers", value: 0.1, limit: 0.06, holds: false },
    { id: "total-floor", value: 1.1, limit: 1.15, holds: true },
    { id: "delay", value: 12, limit: 10, holds: false },
  ]);
});
