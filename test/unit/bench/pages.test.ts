import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { drawCharts } from "../../../bench/render/charts.js";
import { linear } from "../../../bench/render/drawing/bars.js";
import { pagesOf } from "../../../bench/render/pages/pages.js";
import { readResult, type Result, type Row } from "../../../bench/result.js";

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const sample = readResult(path("test/unit/bench/result.json"));
const texts = {
  readme: readFileSync(path("README.md"), "utf8"),
  benchmark: readFileSync(path("docs/benchmark.md"), "utf8"),
  watching: readFileSync(path("docs/watching.md"), "utf8"),
};

/** Drawing takes most of the time: whoever looks at nothing but texts, or at the sample's charts, has these. */
const drawn = drawCharts(sample);
const textsOfPages = (result: Result, others: readonly Result[] = []) => pagesOf(result, texts, others, drawn);

/** The sample with other numbers in one row. */
function changed(id: string, samples: Record<string, number[]>): Result {
  return { ...sample, rows: sample.rows.map((row) => (row.id === id ? { ...row, samples } : row)) };
}

/** The sample, of some contenders alone. */
function of(...names: string[]): Result {
  const some = <T extends { samples: Record<string, number[]> }>(entry: T): T => ({
    ...entry,
    samples: Object.fromEntries(Object.entries(entry.samples).filter(([name]) => names.includes(name))),
  });
  return { ...sample, rows: sample.rows.map(some), latencies: sample.latencies.map(some) };
}

test.runIf(existsSync(path("bench/results/reference.json")))(
  "README, docs/benchmark.md and the charts are those of the committed result",
  () => {
    const { status, stderr } = spawnSync(process.execPath, [path("bench/readme.mjs"), "--check"], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  },
);

test.runIf(existsSync(path("bench/results/reference.json")))("the committed result is of a whole run", () => {
  const { quick, limits, missing, skipped } = readResult(path("bench/results/reference.json"));
  expect({ quick, limits, missing, skipped }).toEqual({ quick: false, missing: [] });
});

describe("pages", () => {
  test("the first table of all rows has the floor's times and the others' ratios to it", async () => {
    const floor = [100, 110, 105];
    const { benchmark } = await textsOfPages(
      changed("throughput.create.1000", { floor, linkwright: [110, 121, 115.5], ip: [1500, 1650, 1575] }),
    );
    const create = column(benchmark, "create 1000");
    expect(create("C, system calls only")).toBe("105 ms");
    expect(create("**linkwright**")).toBe("**1.10**");
    expect(create("ip, a process each ¹")).toBe("15.0");
    expect(create("Rust, rtnetlink")).toBe("–");
  });

  test("the README says how long one attach takes, by contender; the details, what other machines' results say", async () => {
    const other = { ...sample, date: "2026-02-03T00:00:00Z", machine: { ...sample.machine, model: "Other 1" } };
    const { readme, benchmark } = await textsOfPages(sample, [other, sample]);
    const most = column(readme, "p99, times the floor");
    expect(most("**linkwright**")).toMatch(/^\*\*\d\.\d\d\*\*$/);
    expect(column(readme, "p50")("C, system calls only")).toMatch(/ µs$/);
    expect(readme).toContain("latency-light.svg");
    expect(readme).not.toContain("create 1000");
    expect(benchmark.replace(/\s+/g, " ")).toMatch(
      /On another machine \(2 × Other 1.*\), times the floor: .*\(here \d/,
    );
    expect(benchmark.match(/On another machine/g)).toHaveLength(1);
  });

  test("another number gives other details and another chart, and of one attach another README", async () => {
    const before = await textsOfPages(sample);
    const after = await pagesOf(changed("throughput.total.1000", { floor: [600], linkwright: [900] }), texts);
    expect(after.benchmark).not.toBe(before.benchmark);
    const slower = sample.latencies.map((each) => ({
      ...each,
      samples: { ...each.samples, linkwright: [900, 950, 990] },
    }));
    expect((await textsOfPages({ ...sample, latencies: slower })).readme).not.toBe(before.readme);
    const differing = after.charts
      .filter(({ svg }, index) => svg !== before.charts[index]?.svg)
      .map(({ name }) => name);
    expect(differing).toEqual(["throughput-light.svg", "throughput-dark.svg", "cost-light.svg", "cost-dark.svg"]);
  });

  test("pages that are up to date stay as they are", async () => {
    const once = await textsOfPages(sample);
    expect(await pagesOf(sample, once, [], drawn)).toEqual(once);
  });

  test("the machine, the date, who is missing, and what was missed are named", async () => {
    const verdicts = [{ id: "batch", title: "a batch", value: 1.2, limit: 1.1, holds: false }];
    const readme = (await textsOfPages({ ...sample, quick: false, verdicts })).readme.replace(/\s+/g, " ");
    expect(readme).toContain("2 × Made-up 9000 Processor (virtual machine), Linux 6.18.0, Node 20.20.0, 2026-01-02");
    expect(readme).toContain("Not on this machine: node-netlink (not built on this machine).");
    expect(readme).toContain("0 of 1 promises were kept; **missed**: a batch: 1.2, at most 1.1.");
    expect(readme).toMatch(/Of \d+ rows, linkwright is ahead of every peer in \d+/);
    expect(readme).toContain("2026-01-02. How long does one attach take?");
  });

  test("the details have every row, and who has no time and why", async () => {
    const samples = { floor: [11, 11, 11], linkwright: [22, 22, 22], libmnl: [16, 16, 16] };
    const { benchmark } = await textsOfPages(changed("reading.links.1000", samples));
    for (const title of [
      "create, 10,000",
      "list 1000 FDB entries",
      "attach one TAP, pipelined, 100 ports already there: p99",
    ])
      expect(benchmark).toContain(`| ${title} `);
    expect(benchmark).toContain("- ip, a process each: one process for each (4 rows)");
    expect(benchmark.replace(/\s+/g, " ")).toContain(
      "- list 1000 links: slower than libmnl by 1.38 times: an object of JavaScript for each",
    );
    const helper = column(benchmark, "bridge helper");
    expect(helper("**linkwright-bridge-helper ¹**")).toMatch(/^\d+ µs \(\d\.\d\d\)$/);
  });

  test("linkwright in a new process has a line in the tables, is in no chart, and competes with nobody", async () => {
    const first = "linkwright-first";
    const title = "linkwright, first in its process";
    const rows = sample.rows.map((row) =>
      row.id === "throughput.create.1000"
        ? { ...row, aside: [first], samples: { floor: [100], linkwright: [110], [first]: [50] } }
        : row,
    );
    const result = { ...sample, rows, contenders: { ...sample.contenders, [first]: { title } } };
    const { benchmark, charts } = await pagesOf(result, texts);
    expect(column(benchmark, "create 1000")(title)).toBe("0.50");
    expect(benchmark).toContain(title);
    expect(benchmark).not.toMatch(/slower than[^;]*linkwright-first/);
    for (const { svg } of charts) expect(svg).not.toContain(title);
  });

  test("a run that was limited is told as one", async () => {
    const { readme, benchmark } = await textsOfPages({ ...sample, quick: true, limits: { rounds: 6 } });
    for (const page of [readme, benchmark])
      expect(page.replace(/\s+/g, " ")).toContain("2026-01-02, with --quick, with --rounds 6");
  });

  test("a page without a place for the numbers is refused", async () => {
    await expect(pagesOf(sample, { ...texts, readme: "# linkwright\n" }, [], drawn)).rejects.toThrow(
      "There is no place",
    );
  });
});

describe("charts", () => {
  const names = ["throughput", "cost", "latency", "latency-by-ports", "programs"];

  test("each is drawn for light and for dark, the same whenever it is drawn", () => {
    expect(drawn.map(({ name }) => name)).toEqual(names);
    for (const { name, files } of drawn) {
      expect(files.map((file) => file.name)).toEqual([`${name}-light.svg`, `${name}-dark.svg`]);
      expect(files[0]?.svg).toContain('fill="#ffffff"');
      expect(files[1]?.svg).toContain('fill="#0d1117"');
    }
    expect(drawCharts(sample)).toEqual(drawn);
  });

  test("each is well-formed, with a title and a description, and text of its own", () => {
    for (const { files } of drawn)
      for (const { svg } of files) {
        expect(unbalanced(svg)).toEqual([]);
        expect(svg).toMatch(/^<svg role="img" .*\n<title>[^<]+<\/title>\n<desc>[^<]+<\/desc>\n/);
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      }
  });

  test("every contender is named at its line or bar", () => {
    for (const { name, files } of drawn.filter(({ name }) => name !== "programs"))
      for (const title of ["linkwright", "C, system calls only", "Rust, rtnetlink", "brctl and ip"])
        expect(`${name}: ${files[0]?.svg}`).toMatch(new RegExp(`>${title}( [\\d.]+ (µs|ms|s))?</text>`));
  });

  test("linkwright is drawn in a colour that nobody else has", () => {
    for (const { files } of drawn)
      for (const [index, colour] of ["#d14900", "#ff9447"].entries()) {
        const named = [...(files[index]?.svg ?? "").matchAll(/fill="(#\w+)"[^>]*>([^<]+)<\/text>/g)];
        const titles = named.filter(([, fill]) => fill === colour).map(([, , text]) => text ?? "");
        expect(titles.length).toBeGreaterThan(0);
        for (const title of titles) expect(title).toMatch(/^(linkwright|qemu-ifup|[\d.]+ (µs|ms|s)$)/);
      }
  });

  test("who attaches one by one, and at once only in the largest number, has a point for each", () => {
    const isBatch = ({ id, count }: Row) => id.startsWith("throughput.attach-batch.") && count !== 10_000;
    const rows = of("go").rows.map((row) => (isBatch(row) ? { ...row, samples: {} } : row));
    const svg = drawCharts({ ...of("go"), rows }).find(({ name }) => name === "cost")?.files[0]?.svg;
    const [, curve] = /<path d="([^"]+)" fill="none" stroke="#3f6f9f"/.exec(svg ?? "") ?? [];
    expect(curve?.split("L")).toHaveLength(5);
  });

  test("no text is on another, or out of the picture", () => {
    const long = { ...sample.contenders, go: { title: "Go, github.com/vishvananda/netlink" } };
    const charts = [{ ...sample, contenders: long }, of("floor", "linkwright", "ip")].map(drawCharts);
    for (const some of [drawn, ...charts])
      for (const { name, files } of some) {
        const boxes = textsOf(files[0]?.svg ?? "");
        expect(boxes.length).toBeGreaterThan(10);
        const clashes = boxes.flatMap((box, index) =>
          boxes
            .slice(index + 1)
            .filter((other) => meet(box, other))
            .map((other) => `${name}: ${box.text} | ${other.text}`),
        );
        expect(clashes).toEqual([]);
        expect(
          boxes.filter(({ left, right }) => left < 0 || right > 840).map(({ text }) => `${name}: ${text}`),
        ).toEqual([]);
      }
  });

  test("bars from nothing have four to eleven lines of the grid, whatever the slowest takes", () => {
    for (const slowest of [3.9, 4, 7, 10, 10.2, 19, 21, 39, 99]) {
      const { ticks } = linear([1, slowest], 400).axis;
      expect([slowest, ticks.length >= 5 && ticks.length <= 12]).toEqual([slowest, true]);
      expect(ticks.at(-1)).toBeGreaterThan(slowest * 0.75);
    }
  });

  test("a name with what XML takes for its own does not break them", () => {
    const contenders = { ...sample.contenders, rust: { title: "<Rust> & friends" } };
    for (const { files } of drawCharts({ ...sample, contenders })) expect(unbalanced(files[0]?.svg ?? "")).toEqual([]);
  });

  test("those that a result has no numbers for are left out, and few contenders are enough", () => {
    expect(drawCharts({ ...sample, rows: [], latencies: [] })).toEqual([]);
    expect(drawCharts(of("floor", "linkwright")).map(({ name }) => name)).toEqual(names.slice(0, 4));
    expect(drawCharts(of("linkwright")).map(({ name }) => name)).toEqual(names.slice(0, 4));
  });
});

/** The cell of a column in the line of a contender, in the one table that has the column. */
function column(page: string, title: string) {
  const rows = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const head = rows.findIndex((cells) => cells.includes(title));
  const at = rows[head]?.indexOf(title) ?? -1;
  return (contender: string) => rows.slice(head).find((cells) => cells[1] === contender && cells.length > at)?.[at];
}

interface Box {
  text: string;
  left: number;
  right: number;
  y: number;
}

/** Where the texts of a chart are, in a font of usual width. */
function textsOf(svg: string): Box[] {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, attributes = "", text = ""]) => {
    const number = (pattern: RegExp) => Number(pattern.exec(attributes)?.[1] ?? 0);
    const x = number(/ x="([\d.]+)"/) + number(/translate\(([\d.]+)/);
    const width = text.length * number(/([\d.]+)px/) * 0.5;
    const left = x - width * (attributes.includes('"end"') ? 1 : attributes.includes('"middle"') ? 0.5 : 0);
    return { text, left, right: left + width, y: number(/ y="([\d.]+)"/) + number(/translate\([\d.]+ ([\d.]+)/) };
  });
}

const meet = (one: Box, other: Box) =>
  Math.abs(one.y - other.y) < 10 && one.left < other.right && other.left < one.right;

/** Tags that are not closed in their order, and stray characters between them. */
function unbalanced(svg: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, text = "", tag = ""] of svg.matchAll(/([^<]*)<([^>]*)>/g)) {
    if (/&(?!(amp|lt|gt|quot|apos|#\d+);)/.test(text)) wrong.push(text);
    if (tag.startsWith("/")) {
      if (open.pop() !== tag.slice(1)) wrong.push(tag);
    } else if (!/^[\w:]+(\s+[\w:-]+="[^"<]*")*\s*\/?$/.test(tag)) wrong.push(tag);
    else if (!tag.endsWith("/")) open.push(/^[\w:]+/.exec(tag)?.[0] ?? tag);
  }
  return [...wrong, ...open];
}
