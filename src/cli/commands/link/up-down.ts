import type { Host } from "../../../host/host.js";
import { together } from "../../../base/together.js";
import { alone, type Call, type Command, type Handler, type Operand } from "../../command.js";
import type { Report } from "../../io.js";

const LINKS: Operand = { name: "NAME", choices: "link", many: true };

function setUp(up: boolean): Handler {
  return async (host: Host, { links: named }: Call): Promise<Report> => {
    const links = await together(named.map((link) => host.link(link)));
    await together(links.map((link) => host.setLink(link, { up })));
    return { value: {} };
  };
}

const up = setUp(true);
const down = setUp(false);

export const upCommand: Command = alone({
  summary: "bring links up",
  operands: [LINKS],
  run: up,
});

export const downCommand: Command = alone({
  summary: "take links down",
  operands: [LINKS],
  run: down,
});
