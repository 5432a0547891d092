// A service that starts virtual machines, each with a TAP on a bridge that it inherits:
//   node vm-service.mjs 8080 & curl -X POST localhost:8080/vms/web; curl localhost:8080/vms; curl -X DELETE localhost:8080/vms/web
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { Host, InputError, NetlinkError } from "linkwright";

const [port = "8080", namespace = "new", program = "qemu-system-x86_64"] = process.argv.slice(2);
const host = await Host.open({ namespace: namespace === "host" ? undefined : namespace });
await host.addBridge("vms0", { up: true });
const machines = new Map();

async function start(name) {
  const guest = await host.tapForQemu({ bridge: "vms0", name: `vm-${name}`, port: { isolated: true } });
  try {
    const words = ["-nodefaults", "-display", "none", "-m", "64", ...guest.arguments];
    const child = spawn(program, words, { stdio: ["ignore", "ignore", "inherit", ...guest.stdio] });
    await once(child, "spawn");
    machines.set(name, { child, tap: guest.tap.name, mac: guest.mac });
    child.once("exit", () => machines.delete(name));
  } finally {
    await guest.close(); // the machine has its own descriptors
  }
}

const methods = {
  async GET() {
    const rates = await host.links({ master: "vms0" });
    const up = new Map(rates.map((link) => [link.name, link.carrier]));
    return [...machines].map(([name, { tap, mac }]) => ({ name, tap, mac, carrier: up.get(tap) }));
  },
  async POST(name) {
    if (machines.has(name)) return undefined;
    await start(name);
    return { name, tap: machines.get(name)?.tap };
  },
  async DELETE(name) {
    const { child } = machines.get(name) ?? {};
    if (child === undefined) return undefined;
    const ended = once(child, "exit");
    child.kill();
    await ended;
    return { name };
  },
};

const server = createServer(async ({ method, url }, response) => {
  const [, , name = ""] = url.split("/");
  const answer = (status, value) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  try {
    const value = await methods[method]?.(name);
    if (methods[method] === undefined) answer(405, { error: `there is no ${method}` });
    else if (value === undefined)
      answer(method === "DELETE" ? 404 : 409, { error: `${method} ${url} is not possible` });
    else answer(200, value);
  } catch (error) {
    // What was asked for cannot be, or the kernel refuses it: with a code, words, and often what to do. Anything else is a mistake of this program.
    const { code, message, hint } = error;
    if (error instanceof InputError) answer(400, { code, message });
    else if (error instanceof NetlinkError) answer(error.transient ? 503 : 409, { code, message, hint });
    else answer(500, { message });
  }
});

async function stop() {
  server.close();
  for (const { child } of machines.values()) child.kill();
  await host.removeAll(["vms0"]);
  await host.close();
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop());
server.listen(Number(port), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
