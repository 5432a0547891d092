import { expect, test } from "vitest";
import { describeOperations, Host, type Journal, type Switch, type SwitchCall } from "../../../src/index.js";

/** What a port of the switch can be given. */
interface Colour {
  readonly colour?: string | undefined;
}

/** A switch that keeps its ports in mind, and what it was told, in the order of things. */
class Painted implements Switch<Colour> {
  readonly name = "sw0";
  readonly portOptions = ["colour"];
  readonly ports = new Map<string, string>();
  readonly told: string[] = [];
  refuses: "join" | "leave" | undefined;

  // eslint-disable-next-line @typescript-eslint/require-await -- a switch answers later
  async join(port: string, { colour = "grey" }: Colour, { journal }: SwitchCall): Promise<void> {
    this.told.push(`join ${port} ${colour}`);
    if (this.refuses === "join") throw new Error("no room");
    this.ports.set(port, colour);
    this.#write(journal, port);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a switch answers later
  async leave(port: string): Promise<void> {
    this.told.push(`leave ${port}`);
    if (this.refuses === "leave") throw new Error("stuck");
    if (!this.ports.delete(port)) throw new Error(`there is no port ${port}`);
  }

  #write(journal: Journal, port: string): void {
    journal.add({
      done: `${port} joined sw0`,
      undo: `take ${port} out of sw0`,
      call: () => this.leave(port),
      calls: { switch: "sw0", leave: port },
    });
  }
}

test("a link joins a switch with its options, and comes up then; it leaves it, too", async () => {
  await using host = await Host.open({ namespace: "new" });
  const sw = new Painted();
  await host.addTap("tap0");
  await host.attach("tap0", sw, { colour: "red" });
  expect([...sw.ports]).toEqual([["tap0", "red"]]);
  expect((await host.link("tap0")).up).toBe(true);
  await host.detach("tap0", { from: sw });
  expect(sw.told).toEqual(["join tap0 red", "leave tap0"]);
});

test("an option that a switch does not accept is refused before anything is done, with the nearest that it does", async () => {
  await using host = await Host.open({ namespace: "new" });
  const sw = new Painted();
  await host.addTap("tap0");
  const odd = { color: "red" } as Colour;
  await expect(host.attach("tap0", sw, odd)).rejects.toThrow(
    /^color: ports of sw0 take no such option; did you mean "colour"\?$/,
  );
  await expect(host.attach("tap0", sw, { isolated: true } as Colour)).rejects.toThrow(
    /^isolated: ports of sw0 take no such option; they take colour$/,
  );
  await expect(host.addTap("tap1", { bridge: sw, port: odd })).rejects.toThrow(/^port\.color: /);
  await expect(host.tapForQemu({ name: "tap1", bridge: sw, port: odd })).rejects.toThrow(/^port\.color: /);
  expect(sw.told).toEqual([]);
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo", "tap0"]);
});

test("a link whose name goes to another while it joins is refused: a switch knows links by their names", async () => {
  await using host = await Host.open({ namespace: "new" });
  const [tap, other] = [await host.addTap("tap0"), await host.addTap("tap1")];
  class Slow extends Painted {
    override async join(port: string, colour: Colour, call: SwitchCall): Promise<void> {
      await host.setLink(tap.index, { name: "x" });
      await host.setLink(other.index, { name: "tap0" });
      await super.join(port, colour, call);
    }
  }
  const sw = new Slow();
  await expect(host.attach("tap0", sw)).rejects.toMatchObject({ code: "EBUSY", subject: "tap0" });
  expect(sw.told).toEqual(["join tap0 grey", "leave tap0"]);
  expect((await host.links({ kind: "tun" })).map(({ up }) => up)).toEqual([false, false]);
});

test("a port of a bridge is moved to a switch only when that is asked for, and is back in it when the switch refuses", async () => {
  await using host = await Host.open({ namespace: "new" });
  const sw = new Painted();
  const { index } = await host.addBridge("br0", { up: true });
  await host.addTap("tap0", { bridge: "br0", port: { isolated: true } });
  await expect(host.attach("tap0", sw)).rejects.toMatchObject({
    code: "EBUSY",
    hint: "detach it first, or ask for it to be moved",
  });
  sw.refuses = "join";
  await expect(host.attach("tap0", sw, { move: true })).rejects.toThrow("no room");
  const link = await host.link("tap0");
  expect(link).toMatchObject({ master: index, up: true, linkInfo: { slaveData: { isolated: true } } });
  sw.refuses = undefined;
  await host.attach("tap0", sw, { move: true });
  expect((await host.link("tap0")).master).toBeUndefined();
  expect([...sw.ports.keys()]).toEqual(["tap0"]);
});

test("what fails after a switch was joined is taken back there, too, and what it does not take back is said", async () => {
  await using host = await Host.open({ namespace: "new" });
  const sw = new Painted();
  await expect(host.addTap("tap0", { bridge: sw, mtu: 40 })).rejects.toThrow(/mtu/);
  expect(sw.told).toEqual(["join tap0 grey", "leave tap0"]);
  sw.refuses = "leave";
  await expect(host.addTap("tap0", { bridge: sw, mtu: 40 })).rejects.toThrow(
    /mtu .*; tap0 joined sw0, and could not be taken back: stuck$/,
  );
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo"]);
});

test("a signal that aborts while a switch is joined takes the port out again", async () => {
  await using host = await Host.open({ namespace: "new" });
  const aborter = new AbortController();
  const sw = new (class extends Painted {
    override async join(port: string, options: Colour, call: SwitchCall): Promise<void> {
      await super.join(port, options, call);
      aborter.abort(new Error("enough"));
    }
  })();
  await host.addTap("tap0");
  await expect(host.attach("tap0", sw, { signal: aborter.signal })).rejects.toThrow("enough");
  expect(sw.told).toEqual(["join tap0 grey", "leave tap0"]);
  expect((await host.link("tap0")).up).toBe(false);
});

test("a journal tells how a port leaves a switch, and takes it out", async () => {
  await using host = await Host.open({ namespace: "new" });
  const sw = new Painted();
  await host.addTap("tap0");
  const journal = host.journal();
  await host.attach("tap0", sw, { colour: "red", journal });
  expect(describeOperations(await journal.write())).toEqual([
    "tap0 joined sw0; to take it back: take tap0 out of sw0",
    "  switch sw0 leave tap0",
    "tap0 was brought up; to take it back: take tap0 down",
    "  RTM_NEWLINK tap0",
  ]);
  expect(await journal.undo()).toBeUndefined();
  expect(sw.ports.size).toBe(0);
  expect((await host.link("tap0")).up).toBe(false);
});

test("a TAP for QEMU joins a switch, and leaves it when QEMU has ended", async () => {
  await using host = await Host.open({ namespace: "new" });
  const sw = new Painted();
  const qemu = await host.tapForQemu({ name: "tap0", bridge: sw, port: { colour: "blue" } });
  expect([...sw.ports]).toEqual([["tap0", "blue"]]);
  expect((await host.link("tap0")).up).toBe(true);
  await qemu.close();
  await qemu.leave();
  expect(sw.ports.size).toBe(0);
});

test("what is neither a link nor a switch is refused by its name", async () => {
  await using host = await Host.open({ namespace: "new" });
  const odd = { name: "sw0" } as unknown as Painted;
  await expect(host.attach("lo", odd)).rejects.toThrow(
    /^to: a link's name, its index or an object with its index, or a switch is wanted, not \{"name":"sw0"\}$/,
  );
});
