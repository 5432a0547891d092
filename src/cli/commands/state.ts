import type { Host } from "../../host/host.js";
import { together } from "../../base/settled.js";
import type { Call, Handler } from "../commands.js";
import type { Report } from "../io.js";

function setUp(up: boolean): Handler {
  return async (host: Host, { links: named }: Call): Promise<Report> => {
    const links = await together(named.map((link) => host.link(link)));
    await together(links.map((link) => host.setLink(link, { up })));
    return { value: {} };
  };
}

export const up = setUp(true);
export const down = setUp(false);
