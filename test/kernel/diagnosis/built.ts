import { expect } from "vitest";
import { diagnose } from "../../../src/diagnosis/diagnose.js";
import type { Finding } from "../../../src/diagnosis/check.js";
import type { Host } from "../../../src/index.js";
import { type Fault, healthy } from "./fault.js";
import { machine } from "./machine.js";

/** Processor time in milliseconds that a diagnosis may take: natively, and in an emulated machine. */
const MOST_TIME = process.env["LINKWRIGHT_VM"] === "1" ? 20_000 : 2000;

/** What is found, within the time that it may take, whatever else the machine does. */
async function look(host: Host, files: Parameters<typeof machine>[0], options: Fault["look"]): Promise<Finding[]> {
  using around = machine(files);
  const before = process.cpuUsage();
  const findings = await diagnose(host, { root: around.root, pause: 0, ...options });
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000, "milliseconds of processor time").toBeLessThan(MOST_TIME);
  return findings;
}

const isDisposable = (value: unknown): value is AsyncDisposable =>
  typeof value === "object" && value !== null && Symbol.asyncDispose in value;

/** Builds a fault, and sees it named with its evidence, and nothing false beside it; makes it good, and sees nothing. */
export async function checkFault(code: string, fault: Fault): Promise<void> {
  const { on = healthy, build, files = {}, during, severity, links, summary, evidence, mend, beside = [] } = fault;
  await using net = await on();
  const host = net.hosts.here;
  const built = await build?.(host);
  try {
    const stop = new AbortController();
    const going = during?.(net, stop.signal);
    const findings = await look(host, typeof files === "function" ? await files(host) : files, fault.look).finally(
      () => {
        stop.abort();
      },
    );
    await going;
    const [first] = findings;
    expect(first, JSON.stringify(findings, undefined, 1)).toMatchObject({ code, severity });
    expect([...first!.links].sort()).toEqual([...links].sort());
    expect(first!.summary).toMatch(typeof summary === "string" ? exactly(summary) : summary);
    expect(first!.evidence).toContainEqual(
      expect.stringMatching(typeof evidence === "string" ? exactly(evidence) : evidence),
    );
    expect(first!.remedy).toMatch(fault.remedy ?? /./);
    expect(findings.slice(1).map((finding) => finding.code)).toEqual(beside);
    await mend?.(host);
  } finally {
    if (isDisposable(built)) await built[Symbol.asyncDispose]();
  }
  expect(await look(host, {}, fault.look)).toEqual([]);
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`);
}
