import type { Link } from "../../rtnetlink/link/link.js";
import type { Check, Found } from "../check.js";
import type { Machine } from "../machine.js";
import type { Observation } from "../observation.js";

const DECLARATIONS = "etc/linkwright/host.d";
const NETWORKS = "run/linkwright/networks/up";

type Owners = ReadonlyMap<string, string>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The links that are linkwright's to set up, each with the file that says so: those that are declared for the boot, and bridges of networks that are up. */
async function owners({ names, text }: Machine): Promise<Owners> {
  const found = new Map<string, string>();
  for (const name of names(NETWORKS) ?? []) {
    const bridge = /"bridge":\s*"([^"]+)"/.exec(text(`${NETWORKS}/${name}`) ?? "")?.[1];
    if (bridge !== undefined) found.set(bridge, `/${NETWORKS}/${name}`);
  }
  const declarations = (names(DECLARATIONS) ?? []).filter((name) => name.endsWith(".yaml"));
  if (declarations.length === 0) return found;
  const { readYaml } = await import("../../base/yaml.js");
  for (const name of declarations) {
    const file = `${DECLARATIONS}/${name}`;
    try {
      const declared = readYaml(
        text(file) ?? "",
        (value) => value,
        (_, problem) => new Error(problem),
      );
      const links = isObject(declared) && isObject(declared["links"]) ? declared["links"] : {};
      for (const link of Object.keys(links)) found.set(link, `/${file}`);
    } catch {
      // What is no YAML declares nothing, as its boot says.
    }
  }
  return found;
}

/** Bridges, their ports, and what is declared. */
function watched({ bridges, portsOf, links }: Observation, owned: Owners): { link: Link; bridge?: string }[] {
  const ports = bridges().flatMap((bridge) => [
    { link: bridge as Link },
    ...portsOf(bridge).map((link) => ({ link, bridge: bridge.name })),
  ]);
  const known = new Set(ports.map(({ link }) => link.index));
  return [
    ...ports,
    ...links.filter(({ index, name }) => !known.has(index) && owned.has(name)).map((link) => ({ link })),
  ];
}

export const managedElsewhere: Check = {
  code: "managed-elsewhere",
  severity: "warning",
  symptom: "Settings of a bridge or its ports go back by themselves, or a port leaves its bridge.",
  cause:
    "NetworkManager or systemd-networkd manages a link that linkwright sets up, or a bridge or port that its own files do not mean, as by one that matches every link: it brings the link to what they say.",
  remedy:
    "Tell it to leave the link alone: unmanaged-devices=interface-name:LINK, or Unmanaged=yes in a .network file.",
  async find(observation) {
    const { machine } = observation;
    const owned = await owners(machine);
    return watched(observation, owned).flatMap(({ link: { index, name }, bridge }): Found[] => {
      const manager = machine.managerOf(index);
      const owner = owned.get(name);
      if (manager === undefined || (owner === undefined && machine.isMeant(manager, { name, bridge }))) return [];
      const { program, state, file } = manager;
      return [
        {
          links: [name],
          summary: `${program} manages ${name}${owner === undefined ? "" : ", which linkwright sets up"}`,
          evidence: [`${file}: ${state}`, ...(owner === undefined ? [] : [`${owner} has it`])],
          remedy:
            program === "NetworkManager"
              ? `[keyfile] unmanaged-devices=interface-name:${name} in /etc/NetworkManager/conf.d, then nmcli general reload`
              : `[Match] Name=${name} and [Link] Unmanaged=yes in /etc/systemd/network, then networkctl reload`,
        },
      ];
    });
  },
};
