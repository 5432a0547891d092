import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const WORDS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe"];

/**
 * Chromium with one page, driven by the DevTools protocol over a pipe: `send(method, params)` asks the page, `evaluate(expression)`
 * gives the value of one in it, promises awaited.
 */
export async function openBrowser() {
  const user = mkdtempSync(join(tmpdir(), "linkwright-browser-"));
  const child = spawn("chromium", [...WORDS, `--user-data-dir=${user}`, "about:blank"], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  const [, , , input, output] = child.stdio;
  const waiting = new Map();
  let last = 0;
  let rest = "";
  const ended = once(child, "close");

  function failAll(error) {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }
  child.once("error", failAll);
  child.once("exit", (status, signal) => failAll(new Error(`chromium ended with ${status ?? signal}`)));
  input.on("error", failAll);
  output.setEncoding("utf8").on("data", (text) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop();
    for (const { id, result, error } of messages.map((message) => JSON.parse(message))) {
      const { resolve, reject } = waiting.get(id) ?? {};
      waiting.delete(id);
      if (error !== undefined) reject?.(new Error(error.message));
      else resolve?.(result);
    }
  });

  function ask(method, params = {}, sessionId = undefined) {
    return new Promise((resolve, reject) => {
      last++;
      waiting.set(last, { resolve, reject });
      input.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
    });
  }

  async function close() {
    child.kill("SIGKILL");
    await ended.catch(() => undefined);
    rmSync(user, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  try {
    const { targetInfos } = await ask("Target.getTargets");
    const { targetId } =
      targetInfos.find(({ type }) => type === "page") ?? (await ask("Target.createTarget", { url: "about:blank" }));
    const { sessionId } = await ask("Target.attachToTarget", { targetId, flatten: true });
    const send = (method, params) => ask(method, params, sessionId);
    return {
      send,
      async evaluate(expression) {
        const { result, exceptionDetails } = await send("Runtime.evaluate", {
          expression,
          awaitPromise: true,
          returnByValue: true,
        });
        if (exceptionDetails !== undefined)
          throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
