import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { etherTypes, frame, obstacle, readFrame, scene } from "../../../src/testing/index.js";

test("two hosts are wired as described: bridges, TAPs, a veth between them, addresses; a frame goes from one TAP to the other", async () => {
  await using net = await scene({
    hosts: {
      left: { bridges: { br0: {} }, taps: { tap0: { bridge: "br0" } }, ports: { eth0: "br0" } },
      right: {
        bridges: { lan: { ageingTime: 1000 } },
        taps: { vm0: { bridge: "lan" } },
        ports: { eth0: { bridge: "lan", isolated: false } },
        addresses: { lan: ["10.0.0.1/24", "fd00::1/64"] },
      },
    },
    links: [["left:eth0", "right:eth0"]],
  });
  const sent = frame({ payload: Buffer.from("through both") });
  const { left, right } = net.hosts;
  expect((await left.links({ master: "br0" })).map(({ name }) => name).sort()).toEqual(["eth0", "tap0"]);
  expect((await right.link("lan")).linkInfo?.data).toMatchObject({ ageingTime: 1000 });
  expect((await right.addresses({ link: "lan" })).map(({ address }) => address)).toEqual(
    expect.arrayContaining(["10.0.0.1/24", "fd00::1/64"]),
  );
  await net.tap("left:tap0").send(sent);
  expect(await net.tap("right:vm0").expect({ type: etherTypes.experimental })).toEqual(sent);
});

test("what an isolated port sends does not come to another, which one that was sent after it shows", async () => {
  const isolated = { bridge: "br0", port: { isolated: true } };
  await using net = await scene({
    hosts: { host: { bridges: { br0: {} }, taps: { a: isolated, b: isolated, c: { bridge: "br0" } } } },
  });
  const [a, b, c] = [net.tap("host:a"), net.tap("host:b"), net.tap("host:c")];
  await a.send(frame({ payload: Buffer.from("secret") }));
  expect(readFrame(await c.expect({ payload: Buffer.from("secret") })).from).toBe("02:00:00:00:00:01");
  await c.send(frame({ payload: Buffer.from("after it") }));
  await b.expect({ payload: Buffer.from("after it") });
  expect(b.seen({ payload: Buffer.from("secret") })).toEqual([]);
});

test("a frame is given once; one that does not come in time is an error that says what came in its place", async () => {
  await using net = await scene({
    hosts: { host: { bridges: { br0: {} }, taps: { a: { bridge: "br0" }, b: { bridge: "br0" } } } },
  });
  const b = net.tap("host:b");
  await net.tap("host:a").send(frame({ from: "02:00:00:00:00:0a", vlan: 7 }));
  await b.expect((found) => found.from === "02:00:00:00:00:0a");
  await expect(b.expect({ vlan: 7 }, { within: 50 })).rejects.toThrow(
    /^b: the frame that is expected did not come in 50 ms: /,
  );
  await net.tap("host:a").send(frame({ from: "02:00:00:00:00:0a", vlan: 7 }));
  await b.expect(frame({ from: "02:00:00:00:00:0a", vlan: 7 }));
  await net.tap("host:a").send(frame({ from: "02:00:00:00:00:0a", vlan: 7 }));
  await expect(b.expect({ vlan: 8 }, { within: 500 })).rejects.toThrow(
    /02:00:00:00:00:0a to ff:ff:ff:ff:ff:ff, type 0x88b5, VLAN 7/,
  );
  await expect(b.expect({ vlan: 8 }, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});

test("a scene is gone with its block: no namespace, no descriptor, no thread is left", async () => {
  const counts = (): number[] => ["fd", "task"].map((each) => readdirSync(`/proc/self/${each}`).length);
  const make = async (): Promise<void> => {
    await using net = await scene({
      hosts: { a: { taps: { t: {} } }, b: {} },
      links: [
        ["a:x", "b:x"],
        ["a:y", "a:z"],
      ],
    });
    expect((await net.hosts.a.links()).map(({ name }) => name).sort()).toEqual(["lo", "t", "x", "y", "z"]);
  };
  await make();
  const before = counts();
  for (let round = 0; round < 3; round++) await make();
  const [descriptors, threads] = counts();
  // Six hosts more would be seen; what other tests have closed may come to its end meanwhile, and Node may start a thread of its own.
  expect(descriptors).toBeLessThanOrEqual(before[0]!);
  expect(threads).toBeLessThan(before[1]! + 3);
});

test.each([
  [{ hosts: { a: {} }, links: [["a:x", "b:x"]] }, /^links\.0: there is no host "b"$/],
  [{ hosts: { a: {} }, links: [["a:x", "y"]] }, /^links\.0: "y" is no place such as "left:eth0"$/],
  [{ hosts: { a: {} }, links: [["a:x"]] }, /^links\.0: a link has two ends, not 1$/],
  [{ hosts: { a: { bridge: {} } } }, /^hosts\.a\.bridge: no such option; did you mean "bridges"\?$/],
  [{ hosts: { a: {} }, link: [] }, /^link: no such option/],
])("a description that cannot be meant is refused before anything is made: %j", async (description, words) => {
  await expect(scene(description as never)).rejects.toThrow(words);
});

test("what the kernel refuses is said, and the other hosts are gone again", async () => {
  const before = readdirSync("/proc/self/task").length;
  const description = { hosts: { a: {}, b: { addresses: { nosuch: "10.0.0.1/24" } } } } as const;
  await expect(scene(description)).rejects.toMatchObject({ code: "ENODEV", subject: "nosuch" });
  expect(readdirSync("/proc/self/task").length).toBeLessThanOrEqual(before);
});

test("a TAP that there is none of is named with those that there are", async () => {
  await using net = await scene({ hosts: { a: { taps: { t: {} } } } });
  expect(() => net.tap("a:x")).toThrow('there is no TAP "a:x" in the scene; it has a:t');
  expect(await obstacle()).toBeUndefined();
});

test("frames are written and read with and without a tag, and refused where they cannot be", () => {
  const tagged = { to: "52:54:00:00:00:01", from: "52:54:00:00:00:02", vlan: 4094, type: 0x0800 };
  expect(readFrame(frame(tagged))).toMatchObject(tagged);
  expect(readFrame(frame())).toMatchObject({ to: "ff:ff:ff:ff:ff:ff", vlan: undefined, type: 0x88b5 });
  expect(frame().length).toBe(60);
  expect(frame({ payload: Buffer.alloc(1000) }).length).toBe(1014);
  expect(() => frame({ vlan: 4096 })).toThrow(/^vlan: 4096 is not a VLAN/);
  expect(() => frame({ to: "52:54" })).toThrow(/52:54/);
  expect(() => readFrame(Buffer.alloc(13))).toThrow("a frame has at least 14 bytes, not 13");
});

test("the page's example does what it says", async () => {
  const page = readFileSync(new URL("../../../docs/testing-your-code.md", import.meta.url), "utf8");
  const [, example = ""] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  expect(example).toContain("linkwright/testing");
  const testing = await import("../../../src/testing/index.js");
  const body = example
    .replace(/^import .*$/gm, "")
    .replace(/^test\("[^"]*", async \(\) => \{$([\s\S]*?)^\}\);$/m, "$1");
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- it is the page's own text
  await new Function("testing", "assert", `const { scene, frame } = testing; return (async () => {${body}})();`)(
    testing,
    (await import("node:assert")).default,
  );
});
